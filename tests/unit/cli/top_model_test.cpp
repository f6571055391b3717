#include "cli/top_model.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "core/text.hpp"

using namespace dip;
using namespace dip::cli;
using nlohmann::json;

namespace {

const wall_time now = *parse_rfc3339("2026-03-04T12:00:00.000Z");
constexpr const char* request = "01JABCDEFGHJKMNPQRSTVWXYZ0";

json queue(const char* name, unsigned visible, unsigned dead, bool paused = false) {
  return {{"name", name},
          {"topic", "t"},
          {"visible", visible},
          {"in_flight", 1U},
          {"delayed", 0U},
          {"dead", dead},
          {"oldest_ms", 1'200U},
          {"in_rate", 3.2},
          {"out_rate", 3.1},
          {"paused", paused},
          {"partitions", {{{"partition", 0U}, {"visible", visible}, {"paused", paused}}}}};
}

json queues(bool paused = false) {
  return {{"queues",
           {queue("rtp-request-queue", 12, 2, paused), queue("rtp-preprocess-ok-queue", 0, 0),
            queue("rtp-notifier-queue", 0, 1)}},
          {"unreachable", json::array()}};
}

json overview() {
  const auto topic = [](const char* name) {
    return json{{"name", name}, {"rate", 3.2}, {"published", 1234U}};
  };
  const auto stage = [](const char* name, double p50) {
    return json{{"name", name}, {"workers", 2U}, {"busy", 1U},
                {"rate", 3.1},  {"p50_ms", p50}, {"p99_ms", 2 * p50}};
  };
  return {
      {"topics", {topic("rtp-request-topic"), topic("rtp-preprocess-ok-topic"), topic("rtp-notifier-topic")}},
      {"queues", queues()["queues"]},
      {"stages", {stage("preprocess", 20), stage("process", 90), stage("notify", 5)}},
      {"nodes",
       {{{"name", "n1"},
         {"up", true},
         {"load", 0.5},
         {"busy_workers", 1U},
         {"workers", 4U},
         {"images_per_s", 3.1}},
        {{"name", "n2"}, {"up", false}}}},
      {"requests", {{"accepted", 3U}, {"processing", 1U}, {"processed", 60U}, {"failed", 2U}}}};
}

json letter(const char* id, const char* code, unsigned age) {
  return {{"id", id},
          {"request", request},
          {"kind", "process"},
          {"state", "dead"},
          {"run", 1U},
          {"age_ms", age},
          {"acquired", 5U},
          {"failed", 5U},
          {"error", {{"code", code}, {"detail", "it took longer than 30s"}}},
          {"attempts",
           {{{"at", "2026-03-04T11:00:00.000Z"},
             {"node", "n1"},
             {"code", code},
             {"detail", "again"},
             {"counted", true}}}}};
}

json letters() {
  return {{"messages", {letter("3-17", "timeout", 1'000), letter("5-9", "worker_crashed", 90'000)}},
          {"groups", {{{"code", "timeout"}, {"count", 1U}}, {{"code", "worker_crashed"}, {"count", 1U}}}},
          {"total", 2U},
          {"unreachable", json::array()}};
}

class console {
public:
  explicit console(bool ascii = false) : model(ascii) {
    model.connect("http://127.0.0.1:8080");
    model.hear({"", "snapshot", overview().dump()});
    model.take("/queues", queues());
    model.take("/queues/rtp-request-queue/dead-letters?limit=200", letters());
    for (const char* q : {"rtp-preprocess-ok-queue", "rtp-notifier-queue"})
      model.take(std::string("/queues/") + q + "/dead-letters?limit=200",
                 {{"messages", json::array()}, {"total", 0U}});
    model.take(
        "/actors",
        {{"actors",
          {{{"id", "n1.1"}, {"parent", nullptr}, {"name", "node"}, {"state", "idle"}, {"mailbox", 0U}},
           {{"id", "n1.2"}, {"parent", "n1.1"}, {"name", "relay"}, {"state", "stuck"}, {"mailbox", 7U}}}},
         {"total", 2U}});
    model.take("/requests?limit=200",
               {{"requests", {{{"id", request}, {"status", "failed"}, {"file_name", "cat.png"}}}}});
  }

  void type(std::string_view keys) {
    for (const char c : keys) model.press({top_key::kind::character, std::string(1, c)});
  }
  void press(top_key::kind key) { model.press({key, ""}); }

  std::vector<std::string> screen(size_t columns = 80, size_t rows = 24) {
    std::vector<std::string> out;
    for (const auto& line : model.lines(columns, rows, now)) out.push_back(plain_text(line));
    return out;
  }
  bool shows(std::string_view text, size_t columns = 80, size_t rows = 24) {
    const auto all = screen(columns, rows);
    return std::any_of(all.begin(), all.end(),
                       [&](const auto& l) { return l.find(text) != std::string::npos; });
  }
  // The row that is chosen.
  std::string chosen() {
    for (const auto& line : screen())
      if (line.rfind(">", 0) == 0) return line;
    return "";
  }

  top_model model;
};

}  // namespace

TEST_CASE("every view fills the terminal, and no line is wider") {
  using enum top_key::kind;
  for (const bool ascii : {false, true}) {
    for (const auto& way :
         {std::string("1"), std::string("2"), std::string("3"), std::string("4"), std::string("5"),
          std::string("2e"), std::string("3e"), std::string("3ee"), std::string("3eee"), std::string("4e"),
          std::string("?"), std::string("3r"), std::string("3d"), std::string("2p"), std::string("3/")}) {
      console c(ascii);
      for (const char key : way) key == 'e' ? c.press(enter) : c.type(std::string(1, key));
      for (size_t columns = 40; columns < 200; columns += 13)
        for (size_t rows = 12; rows < 60; rows += 7) {
          const auto lines = c.screen(columns, rows);
          CAPTURE(way, columns, rows);
          CHECK(lines.size() == rows);
          for (const auto& line : lines) {
            CHECK(display_width(line) <= columns);
            if (ascii)
              CHECK(std::all_of(line.begin(), line.end(), [](char b) { return b >= 32 && b < 127; }));
          }
        }
    }
  }
}

TEST_CASE("below 40 by 12 it says that there is no room") {
  console c;
  CHECK(c.shows("too small", 39, 24));
  CHECK(c.shows("too small", 80, 11));
  CHECK_FALSE(c.shows("too small", 40, 12));
  for (size_t columns = 1; columns < 40; ++columns)
    for (size_t rows = 1; rows < 12; ++rows) {
      const auto lines = c.screen(columns, rows);
      CHECK(lines.size() == rows);
      for (const auto& line : lines) CHECK(display_width(line) <= columns);
    }
}

TEST_CASE("the overview shows the flow, and which stage is the slowest") {
  console c;
  CHECK(c.shows("rtp-request-topic"));
  CHECK(c.shows("→ rtp-request-queue"));
  CHECK(c.shows("12 wait  1 in flight  0 delayed  2 dead"));
  const auto screen = c.screen();
  const auto slow = std::find_if(screen.begin(), screen.end(),
                                 [](const auto& l) { return l.find("slowest") != std::string::npos; });
  REQUIRE(slow != screen.end());
  CHECK(slow->find("process ") != std::string::npos);
  CHECK(slow->find("1 of 2 busy  p50 90 ms  p99 180 ms") != std::string::npos);
  CHECK(c.shows("n2    down"));
  CHECK(c.shows("Dead letters (3)"));
  CHECK(c.shows("60 processed  2 failed"));
}

TEST_CASE("the cursor moves, stays within the list, and on what it is on") {
  using enum top_key::kind;
  console c;
  c.type("3");
  CHECK(c.chosen().find("5-9") != std::string::npos);
  c.press(up);
  CHECK(c.chosen().find("5-9") != std::string::npos);
  c.type("j");
  CHECK(c.chosen().find("3-17") != std::string::npos);
  c.press(down);
  CHECK(c.chosen().find("3-17") != std::string::npos);
  auto grown = letters();
  grown["messages"].insert(grown["messages"].begin(), letter("0-1", "timeout", 500));
  c.model.take("/queues/rtp-request-queue/dead-letters?limit=200", grown);
  CHECK(c.chosen().find("3-17") != std::string::npos);
}

TEST_CASE("lists are sorted and filtered") {
  using enum top_key::kind;
  console c;
  c.type("3");
  CHECK(c.shows("by age"));
  CHECK(c.chosen().find("5-9") != std::string::npos);  // the oldest
  c.type("s");
  CHECK(c.shows("by error"));
  CHECK(c.chosen().find("3-17") != std::string::npos);
  c.type("/CRASH");
  CHECK(c.chosen().find("5-9") != std::string::npos);
  CHECK_FALSE(c.shows("3-17"));
  c.press(backspace);
  c.press(enter);
  CHECK(c.shows("only “CRAS”"));
  c.press(escape);
  CHECK(c.shows("3-17"));
  c.type("/nothing like it");
  CHECK(c.shows("Nothing here has"));
}

TEST_CASE("one goes into a dead letter, its request and its trace, and back") {
  using enum top_key::kind;
  console c;
  c.type("3");
  c.press(enter);
  CHECK(c.shows("it took longer than 30s"));
  CHECK(c.model.wants().empty());
  c.press(enter);
  CHECK(c.model.wants() == std::vector<wanted>{{std::string("/requests/") + request}});
  CHECK(c.shows("waiting for an answer"));
  c.model.refuse(std::string("/requests/") + request,
                 {node_error::kind::refused, "there is no such request"});
  CHECK(c.shows("there is no such request"));
  c.press(enter);
  CHECK(c.model.wants() == std::vector<wanted>{{std::string("/requests/") + request + "/trace"}});
  for (int i = 0; i < 3; ++i) c.press(escape);
  CHECK(c.chosen().find("5-9") != std::string::npos);
}

TEST_CASE("redriving names what it takes, and does it after a yes only") {
  console c;
  c.type("3r");
  CHECK(c.shows("Put dead letter 5-9 of rtp-request-queue (worker_crashed) back to work?"));
  c.type("n");
  CHECK(c.shows("nothing was done"));
  CHECK_FALSE(c.model.take_deeds());
  c.type("ry");
  const auto deeds = c.model.take_deeds();
  REQUIRE(deeds);
  CHECK(deeds->calls.size() == 1);
  CHECK(deeds->calls[0].method == "POST");
  CHECK(deeds->calls[0].path == "/queues/rtp-request-queue/redrive");
  CHECK(deeds->calls[0].body == json{{"ids", {"5-9"}}});
  CHECK_FALSE(c.model.take_deeds());
  c.model.finish(*deeds, {json{{"redriven", 1U}, {"refused", json::array()}}});
  CHECK(c.shows("1 dead letter redriven"));
}

TEST_CASE("marked dead letters are taken together, a queue's as a whole") {
  console c;
  c.type("3ar");
  CHECK(c.shows("2 marked"));
  CHECK(c.shows("Put 2 dead letters of rtp-request-queue back to work?"));
  c.type("y");
  CHECK(c.model.take_deeds()->calls[0].body["ids"].size() == 2);
  CHECK_FALSE(c.shows("marked"));
  c.type("2r");
  CHECK(c.shows("Put all 2 dead letters of rtp-request-queue back to work?"));
  c.type("y");
  CHECK(c.model.take_deeds()->calls[0].body == json::object());
  c.type("jr");
  CHECK(c.shows("rtp-preprocess-ok-queue has no dead letters"));
}

TEST_CASE("discarding needs a reason") {
  using enum top_key::kind;
  console c;
  c.type("3d");
  CHECK(c.shows("Discard dead letter 5-9 of rtp-request-queue (worker_crashed) for good. Why?"));
  c.press(enter);
  CHECK(c.shows("without a reason"));
  CHECK_FALSE(c.model.take_deeds());
  c.type("no use");
  c.press(enter);
  const auto deeds = c.model.take_deeds();
  REQUIRE(deeds);
  CHECK(deeds->calls[0].method == "DELETE");
  CHECK(deeds->calls[0].path == "/queues/rtp-request-queue/dead-letters/5-9?reason=no%20use");
  c.type("d");
  c.press(escape);
  CHECK(c.shows("nothing was done"));
}

TEST_CASE("a queue is paused and resumed, an actor restarted, a request retried") {
  using enum top_key::kind;
  console c;
  c.type("2p");
  CHECK(c.shows("Pause rtp-request-queue? Workers take nothing more out of it, with 12 messages"));
  c.type("y");
  CHECK(c.model.take_deeds()->calls[0].path == "/queues/rtp-request-queue/pause");
  c.model.take("/queues", queues(true));
  CHECK(c.chosen().find("paused") != std::string::npos);
  c.type("py");
  CHECK(c.model.take_deeds()->calls[0].path == "/queues/rtp-request-queue/resume");
  c.type("4jR");
  CHECK(c.shows("Restart actor relay (n1.2)?"));
  c.type("y");
  CHECK(c.model.take_deeds()->calls[0].path == "/actors/n1.2/restart");
  c.type("5t");
  CHECK(c.shows(std::string("Let request ") + request + " run again?"));
  c.type("y");
  CHECK(c.model.take_deeds()->calls[0].path == std::string("/requests/") + request + "/retry");
}

TEST_CASE("what a node refuses is said") {
  console c;
  c.type("2py");
  const auto deeds = c.model.take_deeds();
  const node_error no{node_error::kind::refused, "switched off in cluster.conf (forbidden)", 403};
  c.model.finish(*deeds, {tl::make_unexpected(no)});
  CHECK(c.shows("switched off in cluster.conf (forbidden)"));
}

TEST_CASE("a question is read to its end in a narrow terminal too") {
  console c;
  c.type("2p");
  std::string all;
  for (const auto& line : c.screen(40, 12)) all += line;
  CHECK(all.find("waiting.") != std::string::npos);
}

TEST_CASE("without a node it says so, since when, and keeps what was known") {
  console c;
  CHECK(c.shows("● live, 127.0.0.1:8080"));
  c.model.lose({node_error::kind::unreachable, "no node answers"}, now - std::chrono::seconds(23));
  c.model.lose({node_error::kind::unreachable, "no node answers"}, now);
  CHECK(c.shows("no node answers since 11:59:37 UTC, 23.0 s"));
  CHECK(c.shows("no node for 23.0 s", 40, 12));
  CHECK(c.shows("rtp-request-queue"));
  c.model.refuse("/cluster", {node_error::kind::unreachable, "no node answers"});
  c.model.connect("http://127.0.0.1:8082");
  CHECK(c.shows("● live, 127.0.0.1:8082"));
}

TEST_CASE("requests change as the stream tells") {
  console c;
  c.type("5");
  CHECK(c.chosen().find("failed") != std::string::npos);
  c.model.hear({"", "request", json{{"id", request}, {"status", "processing"}, {"run", 2U}}.dump()});
  CHECK(c.chosen().find("processing") != std::string::npos);
  c.type("/failed");
  CHECK(c.model.wants() == std::vector<wanted>{{"/requests?limit=200&status=failed"}});
}

TEST_CASE("an id that is typed opens its request") {
  console c;
  c.type(std::string("5/") + "01ARYZ6S41TSV4RRFFQ69G5FAV");
  c.press(top_key::kind::enter);
  CHECK(c.model.wants() == std::vector<wanted>{{"/requests/01ARYZ6S41TSV4RRFFQ69G5FAV"}});
}

TEST_CASE("names from outside do no harm to a screen") {
  console c;
  c.model.take("/requests?limit=200",
               {{"requests", {{{"id", request}, {"status", "failed"}, {"file_name", "a\x1b[2Jb\nc.png"}}}}});
  c.type("5");
  for (const auto& line : c.screen()) CHECK(line.find('\x1b') == std::string::npos);
}

TEST_CASE("ten thousand actors are scrolled through") {
  using enum top_key::kind;
  console c;
  json actors = json::array();
  for (int i = 0; i < 10'000; ++i)
    actors.push_back({{"id", "n1." + std::to_string(i)},
                      {"parent", nullptr},
                      {"name", "a" + std::to_string(i)},
                      {"state", "idle"}});
  c.model.take("/actors", {{"actors", actors}});
  c.type("4");
  c.press(end);
  CHECK(c.chosen().find("a9999") != std::string::npos);
  c.press(page_up);
  CHECK(c.shows("a9999") == false);
  c.press(home);
  CHECK(c.chosen().find("a0 ") != std::string::npos);
}
