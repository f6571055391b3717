// What operators are told, described: the shapes of operator_json.hpp.
#include <algorithm>
#include <string>
#include <utility>

#include "http/api_schema.hpp"

namespace dip::http {
namespace {

using list = std::vector<std::string_view>;

api_json text(std::string_view what) { return {{"type", "string"}, {"description", what}}; }
api_json text_or_null(std::string_view what) {
  return {{"type", words({"string", "null"})}, {"description", what}};
}
api_json count(std::string_view what) { return {{"type", "integer"}, {"minimum", 0}, {"description", what}}; }
api_json count_or_null(std::string_view what) {
  return {{"type", words({"integer", "null"})}, {"minimum", 0}, {"description", what}};
}
api_json number(std::string_view what) { return {{"type", "number"}, {"minimum", 0}, {"description", what}}; }
api_json flag(std::string_view what) { return {{"type", "boolean"}, {"description", what}}; }
api_json one_word(const list& all, std::string_view what) {
  return {{"type", "string"}, {"enum", words(all)}, {"description", what}};
}
api_json many(api_json items, std::string_view what) {
  return {{"type", "array"}, {"items", std::move(items)}, {"description", what}};
}
// One that may be null.
api_json maybe(api_json schema) {
  return {{"oneOf", api_json::array({std::move(schema), {{"type", "null"}}})}};
}

api_json record(const api_json& properties, std::string_view what, const list& optional = {}) {
  list all;
  for (const auto& [name, schema] : properties.items())
    if (std::find(optional.begin(), optional.end(), name) == optional.end()) all.push_back(name);
  auto out = object_schema(properties, all);
  out["description"] = what;
  return out;
}

api_json unreachable() { return many({{"type", "string"}}, "nodes that did not answer within a second"); }
api_json next() { return text_or_null("goes on with `?cursor=`; null: this was the last page"); }

void add_flow_schemas(api_json& to) {
  to["QueueName"] =
      one_word({"rtp-request-queue", "rtp-preprocess-ok-queue", "rtp-notifier-queue"}, "of a queue");
  to["Topic"] = record({{"name", text("rtp-request-topic and so on")},
                        {"subscribers", many(schema_ref("QueueName"), "queues")},
                        {"published", count("since its leaders' nodes began")},
                        {"rate", number("a second, over the last ten")}},
                       "what publishes to queues");
  to["Topics"] =
      record({{"topics", many(schema_ref("Topic"), "")}, {"unreachable", unreachable()}}, "all topics");
  to["QueuePartition"] = record({{"partition", count("its number")},
                                 {"leader", text_or_null("a node; null: none has answered")},
                                 {"visible", count("that wait for a worker")},
                                 {"in_flight", count("that are leased")},
                                 {"delayed", count("that wait for their next try")},
                                 {"dead", count("dead letters")},
                                 {"oldest_ms", count_or_null("age of the oldest that waits")},
                                 {"paused", flag("whether nothing is leased out of it")}},
                                "a queue in one partition");
  to["Queue"] = record({{"name", schema_ref("QueueName")},
                        {"topic", text("that it is subscribed to")},
                        {"visible", count("that wait for a worker")},
                        {"in_flight", count("that are leased")},
                        {"delayed", count("that wait for their next try")},
                        {"dead", count("dead letters")},
                        {"oldest_ms", count_or_null("age of the oldest that waits")},
                        {"in_rate", number("messages that came, a second, over the last ten")},
                        {"out_rate", number("messages that went, likewise")},
                        {"acquired", count("leases since its leaders' nodes began")},
                        {"returned", count("of them that came back undone")},
                        {"paused", flag("whether all its partitions are")},
                        {"partitions", many(schema_ref("QueuePartition"), "")}},
                       "a queue, over all partitions");
  to["Queues"] =
      record({{"queues", many(schema_ref("Queue"), "")}, {"unreachable", unreachable()}}, "all queues");
  to["QueuePause"] = record({{"name", schema_ref("QueueName")}, {"paused", flag("in all its partitions")}},
                            "a queue's switch");
}

void add_message_schemas(api_json& to) {
  to["MessageError"] =
      record({{"code", text("an error code; some stand only here")}, {"detail", text("a sentence")}},
             "what the last try came to");
  to["MessageAttempt"] = record({{"at", schema_ref("Time")},
                                 {"node", text("that had it")},
                                 {"code", text("an error code")},
                                 {"detail", text("a sentence")},
                                 {"counted", flag("false: a node or a lease was lost, which is no failure")}},
                                "one try that came to nothing");
  to["MessageLease"] =
      record({{"node", text("and its start, who holds it")}, {"since", schema_ref("Time")}}, "a lease");
  to["Message"] =
      record({{"id", text("partition and number")},
              {"request",
               {{"type", "string"},
                {"pattern", "^" + std::string{ulid_pattern} + "$"},
                {"description", "its request"}}},
              {"run", count("of the request")},
              {"kind", one_word({"preprocess", "process", "email", "webhook"}, "what is to be done")},
              {"partition", count("its number")},
              {"state", one_word({"visible", "in_flight", "delayed", "dead"}, "where it is")},
              {"enqueued_at", schema_ref("Time")},
              {"visible_at", schema_ref("Time")},
              {"age_ms", count("since it was enqueued")},
              {"acquired", count("how often it was leased")},
              {"failed", count("how often it was tried in vain")},
              {"lease", maybe(schema_ref("MessageLease"))},
              {"dead_at", schema_ref("TimeOrNull")},
              {"error", maybe(schema_ref("MessageError"))},
              {"attempts", many(schema_ref("MessageAttempt"), "the last ten")}},
             "a message of a queue");
  to["MessagePage"] =
      record({{"messages", many(schema_ref("Message"), "partition by partition, the oldest first")},
              {"next_cursor", next()},
              {"unreachable", unreachable()}},
             "a page of a queue");
  to["DeadLetterGroup"] =
      record({{"code", text("an error code")}, {"count", count("of them")}}, "those of one error");
  to["DeadLetterPage"] =
      record({{"messages", many(schema_ref("Message"), "partition by partition, the oldest first")},
              {"groups", many(schema_ref("DeadLetterGroup"), "of all, the most frequent first")},
              {"total", count("of all")},
              {"more", flag("there are more than were counted, 100,000 in a partition")},
              {"next_cursor", next()},
              {"unreachable", unreachable()}},
             "a page of a queue's dead letters");
  to["RedriveRequest"] = object_schema({{"ids",
                                         {{"type", "array"},
                                          {"minItems", 1},
                                          {"maxItems", 1000},
                                          {"items", {{"type", "string"}, {"pattern", "^[0-9]+-[0-9]+$"}}},
                                          {"description", "those; left out: all"}}},
                                        {"error", text("only those with this error code; not beside `ids`")}},
                                       {});
  to["RedriveRequest"]["additionalProperties"] = false;
  to["RedriveRequest"]["description"] = "which dead letters";
  to["RedriveRefusal"] =
      record({{"id", text("of the message")}, {"code", text("an error code")}, {"detail", text("why")}},
             "one that stays");
  to["Redriven"] = record({{"redriven", count("how many are at work again")},
                           {"refused", many(schema_ref("RedriveRefusal"), "those that could not be")}},
                          "what came of it");
  to["AuditEntry"] = record({{"at", schema_ref("Time")},
                             {"who", text("`admin token`, `loopback`, or `key` and its name")},
                             {"from", text("the address")},
                             {"what", text("the action")},
                             {"on", text_or_null("on how much, or on what")},
                             {"outcome", text("`done`, or the error")},
                             {"reason", text_or_null("as given")},
                             {"node", text("that was asked")}},
                            "what an operator did");
  to["AuditPage"] =
      record({{"entries", many(schema_ref("AuditEntry"), "the newest first")}, {"next_cursor", next()}},
             "a page of the audit");
}

api_json actor_properties() {
  return {{"id", text("of its node")},
          {"name", text("as people call it")},
          {"kind", text("`queue`, `topic`, `worker`, …")},
          {"node", text("where it is")},
          {"parent", text_or_null("the id of who made it")},
          {"state",
           one_word({"idle", "busy", "stuck", "backoff", "dead"},
                    "stuck: at one message for longer than any should take; backoff: it went down, and is "
                    "about to be made again")},
          {"mailbox", count("messages that wait, or are being handled")},
          {"mailbox_high", count("the most that there ever were")},
          {"oldest_ms", count_or_null("age of the oldest; with more than 64, at least that")},
          {"processed", count("messages handled")},
          {"rate", number("of them a second, over the last ten")},
          {"busy", number("share of the time, over the last ten seconds")},
          {"busy_ms_p50", number("handling, over the last minute; to within a third, as of the next three")},
          {"busy_ms_p99", number("likewise")},
          {"wait_ms_p50", number("waiting, over the last minute")},
          {"wait_ms_p99", number("likewise")},
          {"restarts",
           count("of that name, since the node began; a worker's also of the process that works for it")},
          {"restarted_at", schema_ref("TimeOrNull")},
          {"last_error", text_or_null("a sentence")},
          {"since", schema_ref("Time")},
          {"current", maybe(schema_ref("ActorMessage"))},
          {"ended_at", schema_ref("TimeOrNull")},
          {"reason", text_or_null("why it ended")}};
}

void add_actor_schemas(api_json& to) {
  to["ActorMessage"] = record(
      {{"message", text("its type")}, {"for_ms", count("how long it has been at it")}}, "what it is at");
  to["Actor"] = record(actor_properties(), "an actor", {"ended_at", "reason"});
  to["ActorPage"] = record({{"actors", many(schema_ref("Actor"), "")},
                            {"total", count("that fit")},
                            {"next_cursor", next()},
                            {"unreachable", unreachable()}},
                           "a page of actors");
  to["ActorEvent"] = record({{"at", schema_ref("Time")},
                             {"message", text("its type")},
                             {"waited_ms", number("in the mailbox")},
                             {"worked_ms", number("until it was handled")},
                             {"outcome", one_word({"done", "failed"}, "failed: it threw")}},
                            "a message that it has handled");
  auto detail = actor_properties();
  detail["events"] = many(schema_ref("ActorEvent"), "the last 32, oldest first");
  detail["children"] = many({{"type", "string"}}, "ids of those that it made");
  to["ActorDetail"] = record(detail, "an actor, and what it did last", {"ended_at", "reason"});
  to["TraceHop"] =
      record({{"what", text("`accepted`, `waiting`, `preprocess`, `process`, `notify email`, `returned`, …")},
              {"topic", text_or_null("")},
              {"queue", text_or_null("")},
              {"node", text_or_null("")},
              {"actor", text_or_null("the worker")},
              {"attempt", count_or_null("")},
              {"at", schema_ref("TimeOrNull")},
              {"waited_ms", count_or_null("before it; null: not known")},
              {"worked_ms", count_or_null("null: not known")},
              {"outcome",
               {{"type", words({"string", "null"})},
                {"enum", api_json::array({"done", "failed", "returned", nullptr})},
                {"description", "null: not over"}}},
              {"error", maybe(schema_ref("MessageError"))}},
             "one step of a request's way");
  to["Trace"] = record({{"id", text("of the request")},
                        {"status", schema_ref("RequestStatus")},
                        {"run", count("")},
                        {"from", schema_ref("Time")},
                        {"to", schema_ref("TimeOrNull")},
                        {"hops", many(schema_ref("TraceHop"), "in the order of time")},
                        {"unreachable", unreachable()}},
                       "a request's way, as far as it is known");
  to["LeaderRequest"] = object_schema({{"node", text("that is to lead")}}, {"node"});
  to["LeaderRequest"]["additionalProperties"] = false;
  to["LeaderRequest"]["description"] = "who is to lead";
  to["LeaderWish"] =
      record({{"partition", count("its number")}, {"leader", text("that is to lead it")}}, "who is to lead");
  to["NodeDrain"] =
      record({{"node", text("its name")}, {"draining", flag("that it does")}}, "a node that drains");
}

}  // namespace

void add_operator_schemas(api_json& to) {
  add_flow_schemas(to);
  add_message_schemas(to);
  add_actor_schemas(to);
}

}  // namespace dip::http
