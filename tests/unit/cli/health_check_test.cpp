#include "cli/health_check.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

using namespace dip;
using namespace dip::cli;
using nlohmann::json;

namespace {

const health_measure& measure(std::string_view name) {
  const auto all = health_measures();
  const auto found = std::find_if(all.begin(), all.end(), [&](const auto& m) { return m.name == name; });
  REQUIRE(found != all.end());
  return *found;
}

health judged(std::string_view name, std::string_view limits, double value) {
  const auto parsed = parse_threshold(measure(name), limits);
  REQUIRE(parsed);
  return judge(measure(name), *parsed, value);
}

std::string problem(std::string_view name, std::string_view limits) {
  const auto parsed = parse_threshold(measure(name), limits);
  return parsed ? "" : parsed.error().detail;
}

// A cluster that is well: two nodes, one queue, one partition.
health_answers well() {
  health_answers out;
  out.queues = {{"queues",
                 {{{"name", "rtp-request-queue"},
                   {"visible", 0},
                   {"dead", 0},
                   {"oldest_ms", nullptr},
                   {"paused", false}}}},
                {"unreachable", json::array()}};
  out.cluster = {
      {"nodes",
       {{{"name", "n1"}, {"up", true}, {"disk_free", 50'000'000'000U}},
        {{"name", "n2"}, {"up", true}, {"disk_free", 20'000'000'000U}}}},
      {"partitions", {{{"partition", 3U}, {"leader", "n1"}, {"replicas", {{{"node", "n2"}, {"lag", 0U}}}}}}}};
  out.stuck = {{"actors", json::array()}, {"total", 0U}, {"unreachable", json::array()}};
  return out;
}

std::vector<threshold> defaults() {
  std::vector<threshold> out;
  for (const auto& m : health_measures()) out.push_back(*parse_threshold(m, m.fallback));
  return out;
}

finding found(const health_answers& told, std::string_view name,
              const std::vector<threshold>& limits = defaults()) {
  const auto all = examine(told, limits);
  const auto it = std::find_if(all.begin(), all.end(), [&](const finding& f) { return f.of->name == name; });
  REQUIRE(it != all.end());
  return *it;
}

}  // namespace

TEST_CASE("a threshold is a warning from N on, and critical from M on") {
  CHECK(judged("dead", "3:5", 2) == health::ok);
  CHECK(judged("dead", "3:5", 3) == health::warning);
  CHECK(judged("dead", "3:5", 4) == health::warning);
  CHECK(judged("dead", "3:5", 5) == health::critical);
  CHECK(judged("dead", "3", 1000) == health::warning);
  CHECK(judged("dead", ":5", 4) == health::ok);
  CHECK(judged("dead", ":5", 5) == health::critical);
  CHECK(judged("dead", "3:", 5) == health::warning);
  CHECK(judged("dead", "3:3", 3) == health::critical);
  CHECK(judged("dead", "off", 1000) == health::ok);
  CHECK(judged("oldest", "0.5", 0.4) == health::ok);
  CHECK(judged("oldest", "0.5", 0.5) == health::warning);
}

TEST_CASE("of free disk little is bad") {
  CHECK(judged("disk-free", "10:2", 10.1) == health::ok);
  CHECK(judged("disk-free", "10:2", 10) == health::warning);
  CHECK(judged("disk-free", "10:2", 2.1) == health::warning);
  CHECK(judged("disk-free", "10:2", 2) == health::critical);
}

TEST_CASE("a threshold that cannot be is refused in a sentence that names its option") {
  CHECK(problem("dead", "many") == "--dead takes N, N:M, :M or off, not many");
  CHECK(problem("dead", "1:x") == "--dead takes N, N:M, :M or off, not x");
  for (const auto* wrong : {"-1", "1:-2", "nan", "inf", "1 ", "1:2:3"})
    CHECK_FALSE(problem("lag", wrong).empty());
  CHECK_FALSE(problem("dead", "5:3").empty());
  CHECK(problem("dead", "5:5").empty());
  CHECK_FALSE(problem("disk-free", "3:5").empty());
  CHECK(problem("disk-free", "5:5").empty());
}

TEST_CASE("a cluster that is well is ok, and says so in one line") {
  const auto all = examine(well(), defaults());
  CHECK(all.size() == health_measures().size());
  CHECK(worst_of(all) == health::ok);
  const auto text = health_text(all);
  CHECK(text.substr(0, text.find('\n')) ==
        "DIP OK: 0 dead letters, nothing waits, 2 nodes are up | dead=0;1; oldest=0;60;300 waiting=0;; "
        "stuck=0;1; "
        "nodes-down=0;1; disk-free=20;; leaderless=0;;1 lag=0;10000;");
  CHECK(health_json(all)["state"] == "ok");
}

TEST_CASE("each measure is what the nodes say, up to its default threshold and beyond it") {
  SECTION("dead letters") {
    auto told = well();
    told.queues["queues"][0]["dead"] = 1U;
    CHECK(found(told, "dead").state == health::warning);
    CHECK(found(told, "dead").text == "1 dead letter: rtp-request-queue 1");
  }
  SECTION("the oldest message, in whole seconds") {
    auto told = well();
    auto& age = told.queues["queues"][0]["oldest_ms"];
    age = 59'999U;
    CHECK(found(told, "oldest").state == health::ok);
    age = 60'000U;
    CHECK(found(told, "oldest").state == health::warning);
    age = 299'999U;
    CHECK(found(told, "oldest").state == health::warning);
    age = 300'000U;
    told.queues["queues"][0]["paused"] = true;
    CHECK(found(told, "oldest").state == health::critical);
    CHECK(found(told, "oldest").text ==
          "the oldest message waits for 5m 00s in rtp-request-queue, which is paused");
  }
  SECTION("messages that wait") {
    auto told = well();
    told.queues["queues"][0]["visible"] = 7U;
    CHECK(found(told, "waiting").value == 7);
    CHECK(found(told, "waiting").state == health::ok);
  }
  SECTION("stuck actors") {
    auto told = well();
    told.stuck = {{"actors", {{{"name", "dispatcher"}, {"id", "n1.9"}}}}, {"total", 1U}};
    CHECK(found(told, "stuck").state == health::warning);
    CHECK(found(told, "stuck").text == "1 stuck actor: dispatcher (n1.9)");
  }
  SECTION("nodes that are down, or hear and do not answer") {
    auto told = well();
    told.cluster["nodes"][1] = {{"name", "n2"}, {"up", false}};
    told.queues["unreachable"] = {"n2", "n3"};
    CHECK(found(told, "nodes-down").value == 2);
    CHECK(found(told, "nodes-down").text == "n2 and n3 are down");
    CHECK(found(told, "disk-free").value == 50);
  }
  SECTION("partitions without a leader") {
    auto told = well();
    told.cluster["partitions"][0]["leader"] = nullptr;
    CHECK(found(told, "leaderless").state == health::critical);
    CHECK(found(told, "leaderless").text == "partition 3 has no leader");
  }
  SECTION("a copy that lags") {
    auto told = well();
    auto& lag = told.cluster["partitions"][0]["replicas"][0]["lag"];
    lag = 9'999U;
    CHECK(found(told, "lag").state == health::ok);
    lag = 10'000U;
    CHECK(found(told, "lag").state == health::warning);
    CHECK(found(told, "lag").text == "the slowest copy is 10000 entries behind on n2 in partition 3");
    lag = nullptr;
    CHECK(found(told, "lag").state == health::ok);
  }
}

TEST_CASE("the worst stands first") {
  auto told = well();
  told.queues["queues"][0]["dead"] = 2U;
  told.cluster["partitions"][0]["leader"] = nullptr;
  const auto text = health_text(examine(told, defaults()));
  CHECK(text.rfind("DIP CRITICAL: partition 3 has no leader; 2 dead letters: rtp-request-queue 2 | ", 0) ==
        0);
}
