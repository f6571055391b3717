#include "runtime/cluster_plan.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "core/placement.hpp"
#include "runtime/roster.hpp"
#include "tests/unit/runtime/some_nodes.hpp"

using namespace dip;
using namespace dip::test;

namespace {

// A cluster that is as the file has it.
cluster_now running(const config& c) {
  cluster_now out;
  std::vector<std::string> names;
  const auto of =
      c.nodes.size() == 1 ? "" : node_list{c.nodes, c.cluster.replicas, c.cluster.partitions}.id();
  for (const auto& n : c.nodes) {
    out.nodes.push_back({.name = n.name, .address = n.origin(), .of = of, .up = true, .settled = true});
    names.push_back(n.name);
  }
  for (const auto& place : place_partitions(c.cluster.partitions, names, c.cluster.replicas)) {
    auto& p = out.partitions.emplace_back();
    p.leader = place.leader;
    for (const auto& r : place.replicas) p.replicas.push_back({.node = r, .up = true});
  }
  return out;
}

std::string refusal(const result<cluster_plan>& p) {
  REQUIRE_FALSE(p);
  return p.error().detail;
}

}  // namespace

TEST_CASE("where nothing changes nothing is planned, and nothing is left") {
  const auto c = some_nodes({"n1", "n2", "n3"});
  const auto plan = plan_change(running(c), c);
  REQUIRE(plan);
  CHECK(plan->added.empty());
  CHECK(plan->removed.empty());
  CHECK(plan->moved == 0);
  CHECK(plan->leaders == 0);
  CHECK(to_text(*plan) == "no partition moves\n");
  CHECK(what_is_left(running(c), *plan, c).empty());
}

TEST_CASE("a plan says who comes, who goes, and what moves") {
  const auto now = running(some_nodes({"n1", "n2", "n3"}));
  const auto grown = plan_change(now, some_nodes({"n1", "n2", "n3", "n4"}));
  REQUIRE(grown);
  CHECK(grown->added == std::vector<std::string>{"n4"});
  CHECK(grown->copies == 6);  // 8 partitions of 3 copies over 4 nodes
  CHECK(grown->moved == 6);
  CHECK(grown->of == "8x3:n1,n2,n3,n4");
  CHECK(to_text(*grown) == "added:   n4\n6 of 8 partitions get other replicas (3 each): 6 copies to make, " +
                               std::to_string(grown->leaders) +
                               (grown->leaders == 1 ? " leader" : " leaders") + " to move\n");

  const auto replaced = plan_change(now, some_nodes({"n1", "n2", "n4"}));
  REQUIRE(replaced);
  CHECK(replaced->removed == std::vector<std::string>{"n3"});
  CHECK(replaced->copies == 8);
  CHECK(to_text(*replaced).find("removed: n3, once the others have all that they keep\n") !=
        std::string::npos);

  const auto fewer = plan_change(now, some_nodes({"n1", "n2", "n3"}, 2));
  REQUIRE(fewer);
  CHECK(fewer->copies == 0);
  CHECK(fewer->moved == 8);
  CHECK(fewer->replicas == 2);
}

TEST_CASE("what cannot be done while the cluster runs is refused") {
  const auto now = running(some_nodes({"n1", "n2", "n3"}));
  CHECK(refusal(plan_change(now, some_nodes({"n1"}))).find("one node") != std::string::npos);
  CHECK(refusal(plan_change(now, some_nodes({"a1", "a2"}))).find("not one") != std::string::npos);
  auto other = some_nodes({"n1", "n2", "n3"});
  other.cluster.partitions = 16;
  CHECK(refusal(plan_change(now, other)).find("8 partitions") != std::string::npos);
  CHECK(refusal(plan_change(running(some_nodes({"n1"})), some_nodes({"n1", "n2"}))).find("restart n1") !=
        std::string::npos);
}

TEST_CASE("what is left is told until every node has everything") {
  const auto c = some_nodes({"n1", "n2", "n3"});
  auto now = running(c);
  const auto plan = plan_change(now, c);
  REQUIRE(plan);
  SECTION("a node that is not up") {
    now.nodes[1].up = false;
    CHECK(what_is_left(now, *plan, c) == "waiting for n2");
  }
  SECTION("one that goes by another list") {
    now.nodes[2].of = "8x3:n1,n2";
    CHECK(what_is_left(now, *plan, c) == "waiting for n3");
  }
  SECTION("one that is not known where it was asked") {
    now.nodes.pop_back();
    CHECK(what_is_left(now, *plan, c) == "waiting for n3");
  }
  SECTION("what a node lacks") {
    now.nodes[0].settled = false;
    CHECK(what_is_left(now, *plan, c) == "the nodes make sure of it");
    now.nodes[0].partitions = 1;
    CHECK(what_is_left(now, *plan, c) == "n1 lacks 1 partition");
    now.nodes[0].files = 7;
    CHECK(what_is_left(now, *plan, c) == "n1 lacks 1 partition and 7 files");
  }
  SECTION("a leader") {
    now.partitions[4].leader.clear();
    CHECK(what_is_left(now, *plan, c) == "1 partition without a leader");
    now.partitions[4].leader = "n9";
    CHECK(what_is_left(now, *plan, c) == "1 partition without a leader");
  }
  SECTION("a replica") {
    now.partitions[4].replicas[0].lag = 1'000;
    CHECK(what_is_left(now, *plan, c).empty());
    now.partitions[4].replicas[0].lag = 1'001;
    CHECK(what_is_left(now, *plan, c) == "1 partition with a replica that is behind");
    now.partitions[4].replicas[0] = {.node = "n1"};
    CHECK(what_is_left(now, *plan, c) == "1 partition with a replica that is behind");
  }
}

TEST_CASE("of a partition without a leader the copy that goes furthest becomes the truth") {
  const auto c = some_nodes({"n1", "n2", "n3"});
  auto now = running(c);
  CHECK(plan_recovery(now, c).steps.empty());

  auto& p = now.partitions[4];
  p.leader.clear();
  p.term = 7;
  const auto copy = [](const std::string& node, std::uint64_t term, std::uint64_t index) {
    return cluster_now::replica{.node = node, .up = true, .log_term = term, .log_index = index};
  };
  p.replicas = {copy("n1", 5, 30), copy("n2", 6, 20), copy("n3", 6, 19), copy("n9", 9, 99)};
  auto found = plan_recovery(now, c);
  REQUIRE(found.steps.size() == 1);
  CHECK(found.steps[0].partition == 4);
  CHECK(found.steps[0].node == "n2");
  CHECK(found.steps[0].term == 8);
  CHECK_FALSE(found.steps[0].empty);
  CHECK(to_text(found).find("partition 4: the copy of n2 is the truth, up to entry 20") != std::string::npos);

  p.replicas = {copy("n1", 0, 0), {.node = "n2"}};
  found = plan_recovery(now, c);
  REQUIRE(found.steps.size() == 1);
  CHECK(found.steps[0].empty);
  CHECK(to_text(found).find("partition 4: NO COPY IS LEFT") != std::string::npos);
}

TEST_CASE("GET /cluster is read as it is, and nothing else is") {
  const auto read = parse_cluster(nlohmann::json::parse(R"({
    "nodes": [{"name": "n1", "address": "http://127.0.0.1:1", "up": true,
               "placement": {"of": "8x3:n1,n2", "settled": false, "partitions": 2, "files": 5}},
              {"name": "n2", "address": "http://127.0.0.1:2", "up": false}],
    "partitions": [{"partition": 0, "leader": null, "term": 1, "replicas": [
      {"node": "n1", "up": true, "applied": 9, "lag": 4, "log": {"term": 3, "index": 11}},
      {"node": "n2", "up": false, "applied": null, "lag": null, "log": null}]}]})"));
  REQUIRE(read);
  CHECK(read->nodes[0].files == 5);
  CHECK(read->nodes[0].of == "8x3:n1,n2");
  CHECK_FALSE(read->nodes[1].up);
  CHECK(read->partitions[0].leader.empty());
  CHECK(read->partitions[0].term == 1);
  CHECK(read->partitions[0].replicas[0].lag == 4);
  CHECK(read->partitions[0].replicas[0].log_term == 3);
  CHECK(read->partitions[0].replicas[0].log_index == 11);
  CHECK(read->partitions[0].replicas[1].log_index == 0);
  CHECK(parse_cluster(nlohmann::json::parse(R"({"nodes": []})")).error().code == errc::corrupt);
}
