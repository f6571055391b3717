#include <string>
#include <utility>

#include "http/api_schema.hpp"

namespace dip::http {
namespace {

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

std::vector<api_call> operator_calls(const api_facts& /*facts*/) {
  auto out = looking();
  for (auto& call : acting()) out.push_back(std::move(call));
  return out;
}

}  // namespace dip::http
