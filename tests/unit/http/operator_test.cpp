#include <catch2/catch_test_macros.hpp>

#include "http/operator_json.hpp"
#include "tests/unit/http/fixture.hpp"

using namespace dip;
using namespace dip::http;
using namespace dip::http::test;
using nlohmann::json;

namespace {

queue_message a_letter(std::uint64_t number) {
  queue_message m;
  m.ref = {{3}, queue_name::request, {number}};
  m.request = {ulid::make(noon, partition_id{3})};
  m.enqueued_at = m.visible_at = noon - milliseconds{2'000};
  m.dead = true;
  m.dead_at = noon;
  m.failed = 5;
  m.history.push_back({noon, "n1", errc::timeout, "too long", true});
  return m;
}

const std::string some_id = ulid::make(noon, partition_id{3}).text();

}  // namespace

TEST_CASE("queues are told with their sums and their partitions") {
  fixture f;
  queue_picture q{.name = queue_name::request, .in_rate = 1.23456, .acquired = 7};
  q.partitions.push_back(
      {.number = 0, .leader = "n1", .visible = 2, .dead = 1, .oldest_ms = 5, .paused = true});
  q.partitions.push_back({.number = 1, .visible = 0, .in_flight = 3, .delayed = 4});
  f.operations.picture.queues.push_back(q);
  f.operations.picture.topics.push_back({topic_name::request, 12, 0.5});
  f.operations.picture.unreachable = {"n3"};
  const auto told = json::parse(f.get("/queues").body);
  const auto& one = told["queues"][0];
  CHECK(one["name"] == "rtp-request-queue");
  CHECK(one["visible"] == 2);
  CHECK(one["in_flight"] == 3);
  CHECK(one["delayed"] == 4);
  CHECK(one["dead"] == 1);
  CHECK(one["oldest_ms"] == 5);
  CHECK(one["in_rate"] == 1.235);
  CHECK(one["paused"] == false);
  CHECK(one["partitions"][0]["paused"] == true);
  CHECK(one["partitions"][1]["leader"].is_null());
  CHECK(one["partitions"][1]["oldest_ms"].is_null());
  CHECK(told["unreachable"] == json{"n3"});
  CHECK(json::parse(f.get("/topics").body)["topics"][0] == json{{"name", "rtp-request-topic"},
                                                                {"subscribers", {"rtp-request-queue"}},
                                                                {"published", 12},
                                                                {"rate", 0.5}});
  CHECK(f.get("/queues?colour=1").status == 400);
}

TEST_CASE("messages are looked at without taking them, and what is asked for is passed on") {
  fixture f;
  f.operations.found.items.push_back(a_letter(17));
  f.operations.found.now = noon;
  f.operations.found.groups.push_back({errc::timeout, 12});
  f.operations.found.total = 12;
  f.operations.found.next_cursor = "3-17";
  const auto letters = json::parse(
      f.get("/queues/rtp-request-queue/dead-letters?error=timeout&limit=7&cursor=3-16&partition=3").body);
  CHECK(f.operations.asked.dead);
  CHECK(f.operations.asked.error == errc::timeout);
  CHECK(f.operations.asked.limit == 7);
  CHECK(f.operations.asked.cursor == "3-16");
  CHECK(f.operations.asked.partition == 3);
  const auto& m = letters["messages"][0];
  CHECK(m["id"] == "3-17");
  CHECK(m["state"] == "dead");
  CHECK(m["age_ms"] == 2000);
  CHECK(m["lease"].is_null());
  CHECK(m["error"] == json{{"code", "timeout"}, {"detail", "too long"}});
  CHECK(letters["groups"] == json{{{"code", "timeout"}, {"count", 12}}});
  CHECK(letters["total"] == 12);
  CHECK(letters["next_cursor"] == "3-17");
  const auto page = json::parse(f.get("/queues/rtp-notifier-queue/messages?state=delayed").body);
  CHECK_FALSE(page.contains("groups"));
  CHECK(f.operations.asked.queue == queue_name::notifier);
  CHECK(f.operations.asked.state == 2);
  for (const char* wrong :
       {"/queues/rtp-request-queue/messages?state=dead", "/queues/rtp-request-queue/messages?error=timeout",
        "/queues/rtp-request-queue/messages?partition=8", "/queues/rtp-request-queue/messages?limit=0",
        "/queues/rtp-request-queue/dead-letters?error=no_such_code"})
    CHECK(f.get(wrong).status == 400);
  CHECK(f.get("/queues/rtp-request-queue/messages?partition=7").status == 200);
  CHECK(f.get("/queues/nobody/messages").status == 404);
}

TEST_CASE("dead letters are redriven by their ids, by their error, or all") {
  fixture f;
  f.operations.outcome.redriven = 2;
  f.operations.outcome.refused.push_back(
      {{{3}, queue_name::request, {18}}, errc::conflict, "its input is gone"});
  const std::string path = "/queues/rtp-request-queue/redrive";
  const auto reply = f.post(path, R"({"ids":["3-17","0-256"]})");
  CHECK(reply.status == 200);
  CHECK(json::parse(reply.body) ==
        json{{"redriven", 2},
             {"refused", {{{"id", "3-18"}, {"code", "conflict"}, {"detail", "its input is gone"}}}}});
  REQUIRE(f.operations.redriven.ids.size() == 2);
  CHECK(f.operations.redriven.ids[1] == message_ref{{0}, queue_name::request, {256}});
  CHECK(f.post(path, R"({"error":"timeout"})").status == 200);
  CHECK(f.operations.redriven.error == errc::timeout);
  CHECK(f.operations.redriven.ids.empty());
  CHECK(f.post(path, "{}").status == 200);
  CHECK_FALSE(f.operations.redriven.error);
  for (const char* wrong :
       {R"({"ids":[]})", R"({"ids":["17"]})", R"({"ids":"3-17"})", R"({"error":"nonsense"})",
        R"({"colour":1})", R"({"ids":["3-17"],"error":"timeout"})"})
    CHECK(f.post(path, wrong).status == 422);
  CHECK(f.post(path, "[]").status == 400);
  std::string many = "{\"ids\":[\"3-0\"";
  for (int i = 1; i < 1'000; ++i) many += ",\"3-" + std::to_string(i) + "\"";
  CHECK(f.post(path, many + "]}").status == 200);
  CHECK(f.post(path, many + ",\"3-1000\"]}").status == 422);
}

TEST_CASE("every action is kept, with who, on what, and what came of it") {
  fixture f;
  f.operations.outcome.redriven = 1;
  f.post("/queues/rtp-request-queue/redrive", "{}");
  f.call("POST", "/queues/rtp-notifier-queue/pause");
  f.call("DELETE", "/queues/rtp-request-queue/dead-letters/3-17?reason=not%20wanted");
  f.operations.on_act = error{errc::conflict, "its input is gone", {}};
  f.call("POST", "/requests/" + some_id + "/retry");
  f.call("POST", "/requests/" + some_id + "/resend");
  const auto& kept = f.operations.noted;
  REQUIRE(kept.size() == 5);
  CHECK(kept[0].who == "loopback");
  CHECK(kept[0].from == "127.0.0.1");
  CHECK(kept[0].what == "redrive rtp-request-queue");
  CHECK(kept[0].on == "1 message");
  CHECK(kept[0].outcome == "done");
  CHECK(kept[1].what == "pause rtp-notifier-queue");
  CHECK(kept[2].what == "discard rtp-request-queue");
  CHECK(kept[2].on == "message 3-17");
  CHECK(kept[2].reason == "not wanted");
  CHECK(kept[3].outcome == "conflict: its input is gone");
  CHECK(kept[4].what == "resend");
  const auto told = json::parse(f.get("/audit").body);
  CHECK(told["entries"].size() == 5);
  CHECK(told["entries"][0]["reason"].is_null());
  CHECK(told["next_cursor"].is_null());
}

TEST_CASE("a dead letter is discarded for a reason of 1 to 256 bytes") {
  fixture f;
  const std::string path = "/queues/rtp-request-queue/dead-letters/3-17";
  CHECK(f.call("DELETE", path).status == 400);
  CHECK(f.call("DELETE", path + "?reason=").status == 400);
  CHECK(f.call("DELETE", path + "?reason=" + std::string(257, 'x')).status == 400);
  CHECK(f.operations.discarded.empty());
  CHECK(f.call("DELETE", path + "?reason=" + std::string(256, 'x')).status == 204);
  CHECK(f.operations.discarded == std::vector<message_ref>{{{3}, queue_name::request, {17}}});
  CHECK(f.call("DELETE", "/queues/rtp-request-queue/dead-letters/nothing?reason=x").status == 404);
}

TEST_CASE("where cluster.conf switches it off nothing is changed, but a mail is sent again") {
  auto conf = small_limits();
  conf.console.destructive = false;
  fixture f{conf};
  for (const auto& [method, path] : std::vector<std::pair<std::string, std::string>>{
           {"POST", "/queues/rtp-request-queue/pause"},
           {"POST", "/queues/rtp-request-queue/resume"},
           {"DELETE", "/queues/rtp-request-queue/dead-letters/3-17?reason=x"},
           {"POST", "/requests/" + some_id + "/retry"},
           {"POST", "/actors/n1.42/restart"},
           {"POST", "/cluster/nodes/n1/drain"},
           {"DELETE", "/suppressions/a@example.org"}}) {
    INFO(path);
    const auto reply = f.call(method, path);
    CHECK(reply.status == 403);
    CHECK(code_of(reply) == "forbidden");
  }
  CHECK(f.post("/queues/rtp-request-queue/redrive", "{}").status == 403);
  CHECK(f.post("/cluster/partitions/3/leader", R"({"node":"n2"})").status == 403);
  CHECK(f.operations.paused.empty());
  CHECK(f.operations.drained.empty());
  CHECK(f.operations.noted.size() == 9);
  CHECK(f.operations.noted[0].outcome == "forbidden: switched off in cluster.conf");
  CHECK(f.call("POST", "/requests/" + some_id + "/resend").status == 202);
  CHECK(f.get("/queues").status == 200);
}

TEST_CASE("actors are asked for by what they are, and told as they are") {
  fixture f;
  actor_view a;
  a.id = "n1.42";
  a.name = "rtp-request-queue/3";
  a.kind = "queue";
  a.node = "n1";
  a.since = noon;
  f.operations.actors_found = {{a}, 812, {"n3"}};
  f.operations.detail = {a, {{noon, "delivered", 0.1, 0.3, false}}, {"n1.43"}};
  const auto page = json::parse(
      f.get("/actors?node=n1&kind=queue&state=idle&parent=n1.17&q=rtp&sort=mailbox&limit=1&cursor=4").body);
  const auto& asked = f.operations.actors_asked;
  CHECK(asked.node == "n1");
  CHECK(asked.kind == "queue");
  CHECK(asked.state == "idle");
  CHECK(asked.parent == "n1.17");
  CHECK(asked.text == "rtp");
  CHECK(asked.sort == "mailbox");
  CHECK(asked.from == 4);
  CHECK(page["total"] == 812);
  CHECK(page["next_cursor"] == "5");
  CHECK(page["actors"][0]["parent"].is_null());
  CHECK(page["actors"][0]["current"].is_null());
  CHECK_FALSE(page["actors"][0].contains("reason"));
  CHECK(f.get("/actors?state=tired").status == 400);
  CHECK(f.get("/actors?sort=size").status == 400);
  CHECK(f.get("/actors?cursor=x").status == 400);
  const auto one = json::parse(f.get("/actors/n1.42").body);
  CHECK(one["events"][0]["outcome"] == "done");
  CHECK(one["children"] == json{"n1.43"});
  CHECK(f.get("/actors/n1.7").status == 404);
  CHECK(f.call("POST", "/actors/n1.42/restart").status == 202);
  CHECK(f.operations.noted.back().on == "rtp-request-queue/3 (n1.42)");
}

TEST_CASE("a leader is moved and a node drained, by their names") {
  fixture f;
  const auto reply = f.post("/cluster/partitions/3/leader", R"({"node":"n2"})");
  CHECK(reply.status == 202);
  CHECK(json::parse(reply.body) == json{{"partition", 3}, {"leader", "n2"}});
  CHECK(f.operations.led == std::pair<std::uint16_t, std::string>{3, "n2"});
  CHECK(f.post("/cluster/partitions/x/leader", R"({"node":"n2"})").status == 404);
  CHECK(f.post("/cluster/partitions/3/leader", "{}").status == 422);
  CHECK(f.post("/cluster/partitions/3/leader", R"({"node":5})").status == 422);
  CHECK(f.call("POST", "/cluster/nodes/n2/drain").status == 202);
  CHECK(f.operations.drained == "n2");
}

TEST_CASE("a request's way is told with what is not known as null") {
  fixture f;
  f.operations.way.record.id = {*ulid::parse(some_id)};
  f.operations.way.record.created_at = f.operations.way.record.updated_at = noon;
  f.operations.way.hops.push_back({.what = "accepted", .node = "n1", .at = noon, .outcome = "done"});
  const auto told = json::parse(f.get("/requests/" + some_id + "/trace").body);
  CHECK(told["to"].is_null());
  CHECK(told["hops"][0] == json{{"what", "accepted"},
                                {"topic", nullptr},
                                {"queue", nullptr},
                                {"node", "n1"},
                                {"actor", nullptr},
                                {"attempt", nullptr},
                                {"at", "2026-03-04T12:00:00.500Z"},
                                {"waited_ms", nullptr},
                                {"worked_ms", nullptr},
                                {"outcome", "done"},
                                {"error", nullptr}});
  CHECK(f.get("/requests/nobody/trace").status == 404);
}

TEST_CASE("as many look live as may") {
  fixture f;
  f.operations.full = true;
  CHECK(code_of(f.get("/events")) == "overloaded");
}

TEST_CASE("a message's id is read as it is written, and nothing else is") {
  const message_ref m{{7}, queue_name::notifier, {4352}};
  CHECK(parse_message_name(queue_name::notifier, message_name(m)) == m);
  for (const char* wrong : {"", "-", "7", "7-", "-4352", "7-4352x", "x-1", "70000-1", "7--1"})
    CHECK_FALSE(parse_message_name(queue_name::notifier, wrong));
}
