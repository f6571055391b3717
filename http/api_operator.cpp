#include <algorithm>
#include <string>
#include <utility>

#include "http/api_schema.hpp"
#include "http/query.hpp"

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

// --- Examples ----------------------------------------------------------------------------------------------

api_json message_example() {
  return {{"id", "3-4352"},
          {"request", example_request},
          {"run", 1},
          {"kind", "process"},
          {"partition", 3},
          {"state", "dead"},
          {"enqueued_at", "2026-03-04T05:06:08.011Z"},
          {"visible_at", "2026-03-04T05:07:08.011Z"},
          {"age_ms", 81000},
          {"acquired", 5},
          {"failed", 5},
          {"lease", nullptr},
          {"dead_at", "2026-03-04T05:07:38.020Z"},
          {"error", {{"code", "timeout"}, {"detail", "it took longer than 30s"}}},
          {"attempts", api_json::array({{{"at", "2026-03-04T05:07:38.020Z"},
                                         {"node", "n1"},
                                         {"code", "timeout"},
                                         {"detail", "it took longer than 30s"},
                                         {"counted", true}}})}};
}

api_json actor_example() {
  return {{"id", "n1.42"},         {"name", "rtp-request-queue/3"},
          {"kind", "queue"},       {"node", "n1"},
          {"parent", "n1.17"},     {"state", "idle"},
          {"mailbox", 0},          {"mailbox_high", 12},
          {"oldest_ms", nullptr},  {"processed", 1234},
          {"rate", 3.2},           {"busy", 0.012},
          {"busy_ms_p50", 0.1},    {"busy_ms_p99", 2.0},
          {"wait_ms_p50", 0.0},    {"wait_ms_p99", 1.0},
          {"restarts", 0},         {"restarted_at", nullptr},
          {"last_error", nullptr}, {"since", "2026-03-04T05:06:07.089Z"},
          {"current", nullptr}};
}

api_json queue_example() {
  return {{"name", "rtp-request-queue"},
          {"topic", "rtp-request-topic"},
          {"visible", 3},
          {"in_flight", 1},
          {"delayed", 0},
          {"dead", 0},
          {"oldest_ms", 120},
          {"in_rate", 3.2},
          {"out_rate", 3.1},
          {"acquired", 1234},
          {"returned", 2},
          {"paused", false},
          {"partitions", api_json::array({{{"partition", 0},
                                           {"leader", "n1"},
                                           {"visible", 3},
                                           {"in_flight", 1},
                                           {"delayed", 0},
                                           {"dead", 0},
                                           {"oldest_ms", 120},
                                           {"paused", false}}})}};
}

api_json topic_example() {
  return {{"name", "rtp-request-topic"},
          {"subscribers", words({"rtp-request-queue"})},
          {"published", 12345},
          {"rate", 3.2}};
}

// --- Calls -------------------------------------------------------------------------------------------------

struct call_words {
  std::string method, path, id, summary, text;
  std::vector<std::string> parameters = {};
  std::vector<errc> errors = {};
};

api_call operator_call(call_words w, api_answer answer) {
  const bool acts = w.method != "GET";
  if (acts) w.errors.push_back(errc::no_quorum);
  return {.method = std::move(w.method),
          .pattern = w.path,
          .path = w.path,
          .id = std::move(w.id),
          .tag = "operators",
          .summary = std::move(w.summary),
          .text = std::move(w.text),
          .parameters = std::move(w.parameters),
          .answers = {std::move(answer)},
          .errors = std::move(w.errors),
          .scope = "admin"};
}

api_answer answered(std::string text, std::string_view schema, api_json example, int status = 200) {
  return {status, std::move(text), {"Cache-Control"}, json_content(schema, std::move(example))};
}

api_json body_of(std::string_view what, std::string_view schema, api_json example) {
  return {{"description", what}, {"required", true}, {"content", json_content(schema, std::move(example))}};
}

api_call live_events() {
  const std::string example = "event: request\ndata: {\"id\":\"" + std::string{example_request} +
                              "\",\"status\":\"processed\",\"run\":1}\n\n";
  const api_json stream{{"type", "string"},
                        {"contentMediaType", "text/event-stream"},
                        {"description",
                         "`snapshot`, then `overview` each second (topics, queues, nodes, stages, requests "
                         "by status: those that are not "
                         "final, and of the others those of the last minute), and `request` when one "
                         "changes, at most 50 a second; what is "
                         "left out is told as {\"dropped\": n}"}};
  return operator_call({"GET",
                        "/events",
                        "watchCluster",
                        "All that the console shows, as it changes",
                        "Server-Sent Events; comments keep the connection open. At most 100 at a node.",
                        {},
                        {}},
                       {200,
                        "the stream",
                        {"Cache-Control"},
                        {{"text/event-stream", {{"schema", stream}, {"example", example}}}}});
}

std::vector<api_call> looking() {
  return {
      operator_call({"GET", "/topics", "listTopics", "Topics", ""},
                    answered("now", "Topics",
                             {{"topics", api_json::array({topic_example()})}, {"unreachable", words({})}})),
      operator_call({"GET", "/queues", "listQueues", "Queues, by partition", ""},
                    answered("now", "Queues",
                             {{"queues", api_json::array({queue_example()})}, {"unreachable", words({})}})),
      operator_call({"GET",
                     "/queues/{queue}/messages",
                     "peekMessages",
                     "Messages of a queue, without taking them",
                     "",
                     {"queue", "message_state", "only_partition", "limit", "cursor"},
                     {errc::not_found}},
                    answered("a page", "MessagePage",
                             {{"messages", api_json::array({message_example()})},
                              {"next_cursor", nullptr},
                              {"unreachable", words({})}})),
      operator_call({"GET",
                     "/queues/{queue}/dead-letters",
                     "listDeadLetters",
                     "Dead letters, and how many of which error",
                     "",
                     {"queue", "message_error", "only_partition", "limit", "cursor"},
                     {errc::not_found}},
                    answered("a page", "DeadLetterPage",
                             {{"messages", api_json::array({message_example()})},
                              {"groups", api_json::array({{{"code", "timeout"}, {"count", 12}}})},
                              {"total", 12},
                              {"more", false},
                              {"next_cursor", nullptr},
                              {"unreachable", words({})}})),
      operator_call({"GET",
                     "/actors",
                     "listActors",
                     "Actors of all nodes",
                     "As a tree, parents before their children; with `sort` the greatest first. The dead, "
                     "the last 1,000 of "
                     "each node, only with `state=dead`.",
                     {"actor_node", "actor_kind", "actor_state", "actor_parent", "actor_text", "actor_sort",
                      "limit", "cursor"}},
                    answered("a page", "ActorPage",
                             {{"actors", api_json::array({actor_example()})},
                              {"total", 1},
                              {"next_cursor", nullptr},
                              {"unreachable", words({})}})),
      operator_call({"GET",
                     "/actors/{actor}",
                     "getActor",
                     "An actor, and what it did last",
                     "",
                     {"actor"},
                     {errc::not_found, errc::no_quorum}},
                    answered("now", "ActorDetail",
                             [] {
                               auto out = actor_example();
                               out["events"] = api_json::array({{{"at", "2026-03-04T05:06:08.020Z"},
                                                                 {"message", "delivered"},
                                                                 {"waited_ms", 0.1},
                                                                 {"worked_ms", 0.3},
                                                                 {"outcome", "done"}}});
                               out["children"] = words({});
                               return out;
                             }())),
      operator_call({"GET",
                     "/requests/{id}/trace",
                     "traceRequest",
                     "A request's way, step by step",
                     "Out of its timeline, its messages' histories and what its nodes remember of their last "
                     "10,000 works: "
                     "what nobody knows any more is null.",
                     {"id"},
                     {errc::not_found, errc::no_quorum}},
                    answered("as far as it is known", "Trace",
                             {{"id", example_request},
                              {"status", "processed"},
                              {"run", 1},
                              {"from", "2026-03-04T05:06:08.011Z"},
                              {"to", "2026-03-04T05:06:08.420Z"},
                              {"hops", api_json::array({{{"what", "preprocess"},
                                                         {"topic", "rtp-request-topic"},
                                                         {"queue", "rtp-request-queue"},
                                                         {"node", "n1"},
                                                         {"actor", "preprocessor/2"},
                                                         {"attempt", 1},
                                                         {"at", "2026-03-04T05:06:08.023Z"},
                                                         {"waited_ms", 12},
                                                         {"worked_ms", 140},
                                                         {"outcome", "done"},
                                                         {"error", nullptr}}})},
                              {"unreachable", words({})}})),
      operator_call(
          {"GET", "/audit", "listAudit", "What operators did", "", {"limit", "cursor"}, {errc::no_quorum}},
          answered("a page", "AuditPage",
                   {{"entries", api_json::array({{{"at", "2026-03-04T05:08:00.000Z"},
                                                  {"who", "admin token"},
                                                  {"from", "127.0.0.1"},
                                                  {"what", "redrive rtp-request-queue"},
                                                  {"on", "3 messages"},
                                                  {"outcome", "done"},
                                                  {"reason", nullptr},
                                                  {"node", "n1"}}})},
                    {"next_cursor", nullptr}})),
      live_events()};
}

std::vector<api_call> acting() {
  auto redrive = operator_call(
      {"POST",
       "/queues/{queue}/redrive",
       "redriveDeadLetters",
       "Dead letters back to work",
       "A request's opens its next run; a notification's is sent again.",
       {"queue"},
       {errc::not_found, errc::disk_full, errc::length_required, errc::too_large, errc::invalid_operation}},
      answered(
          "those that could be are", "Redriven",
          {{"redriven", 3},
           {"refused",
            api_json::array({{{"id", "3-4352"}, {"code", "conflict"}, {"detail", "its input is gone"}}})}}));
  redrive.body = body_of("which dead letters; `{}`: all", "RedriveRequest", {{"ids", words({"3-17"})}});
  auto lead = operator_call(
      {"POST",
       "/cluster/partitions/{partition}/leader",
       "moveLeader",
       "A partition is to be led by another node",
       "Ten minutes it outweighs what cluster.conf says. `conflict` where that node cannot lead it.",
       {"partition"},
       {errc::not_found, errc::conflict, errc::length_required, errc::too_large, errc::invalid_operation}},
      answered("it will be", "LeaderWish", {{"partition", 3}, {"leader", "n2"}}, 202));
  lead.body = body_of("who is to lead", "LeaderRequest", {{"node", "n2"}});
  const api_json paused{{"name", "rtp-request-queue"}, {"paused", true}};
  const api_json resumed{{"name", "rtp-request-queue"}, {"paused", false}};
  return {
      redrive,
      operator_call({"POST",
                     "/queues/{queue}/pause",
                     "pauseQueue",
                     "Workers take nothing more out of a queue",
                     "What they have goes on. It outlives restarts, until it is resumed.",
                     {"queue"},
                     {errc::not_found, errc::disk_full}},
                    answered("it is", "QueuePause", paused)),
      operator_call({"POST",
                     "/queues/{queue}/resume",
                     "resumeQueue",
                     "Workers take out of a queue again",
                     "",
                     {"queue"},
                     {errc::not_found, errc::disk_full}},
                    answered("they do", "QueuePause", resumed)),
      operator_call({"DELETE",
                     "/queues/{queue}/dead-letters/{message}",
                     "discardDeadLetter",
                     "Discards a dead letter",
                     "Its request stays failed, and its input may go.",
                     {"queue", "message", "reason"},
                     {errc::not_found, errc::disk_full}},
                    {204, "it is gone"}),
      operator_call({"POST",
                     "/requests/{id}/retry",
                     "retryRequest",
                     "A failed request's next run",
                     "From where its dead letter had stopped, or from its beginning. `conflict` when it has "
                     "not failed, "
                     "or its input is gone.",
                     {"id"},
                     {errc::not_found, errc::conflict, errc::disk_full}},
                    answered("it runs", "Request", final_request_example(), 202)),
      operator_call({"POST",
                     "/actors/{actor}/restart",
                     "restartActor",
                     "Its supervisor makes an actor again",
                     "`conflict` for one that no supervisor would make again.",
                     {"actor"},
                     {errc::not_found, errc::conflict}},
                    answered("it ends now, and is made again", "Actor", actor_example(), 202)),
      lead,
      operator_call({"POST",
                     "/cluster/nodes/{node}/drain",
                     "drainNode",
                     "A node hands all over",
                     "It finishes what it has, leads nothing and takes no more, until it is started again.",
                     {"node"},
                     {errc::not_found}},
                    answered("it begins to", "NodeDrain", {{"node", "n9"}, {"draining", true}}, 202))};
}

}  // namespace

void add_operator_schemas(api_json& to) {
  add_flow_schemas(to);
  add_message_schemas(to);
  add_actor_schemas(to);
}

std::vector<api_call> operator_calls(const api_facts& /*facts*/) {
  auto out = looking();
  for (auto& call : acting()) out.push_back(std::move(call));
  return out;
}

}  // namespace dip::http
