#include "runtime/roster.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "storage/quarantine.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/unit/runtime/some_nodes.hpp"

using namespace dip;
using namespace dip::test;

namespace {

using lists = std::vector<std::vector<std::string>>;

std::unique_ptr<roster> open_fresh(const scratch_dir& at, const config& c, const std::string& self = "n1") {
  auto r = roster::open(at.text(), self, c);
  REQUIRE(r);
  return std::move(*r);
}

// Of a node that has taken part.
std::unique_ptr<roster> open(const scratch_dir& at, const config& c, const std::string& self = "n1") {
  if (!*read_incarnation(at.text())) {
    REQUIRE(open_fresh(at, c, self)->begin(false));
    REQUIRE(write_incarnation(at.text(), {7}));
  }
  return open_fresh(at, c, self);
}

// As its groups and its files would say it.
void finish(roster& r) {
  for (std::uint16_t p = 0; p < 8; ++p) r.group({p}, true);
  r.missing(r.under_way(), r.groups_settled(), 0);
}

std::vector<std::string> replicas_of(const config& c, std::uint16_t p) {
  std::vector<std::string> names;
  for (const auto& n : c.nodes) names.push_back(n.name);
  return place_partitions(8, names, c.cluster.replicas).at(p).replicas;
}

}  // namespace

TEST_CASE("the same nodes are the same list, in whatever order") {
  CHECK(node_list{some_nodes({"n2", "n1"}).nodes, 3, 8}.id() == "8x3:n1,n2");
  CHECK(node_list{some_nodes({"n1", "n2"}).nodes, 2, 8}.id() == "8x2:n1,n2");
}

TEST_CASE("without a change everything is settled, and each file needs one majority") {
  const scratch_dir at;
  const auto c = some_nodes({"n1", "n2", "n3"});
  const auto r = open(at, c);
  CHECK(r->complete());
  CHECK(r->under_way() == 0);
  CHECK(r->now()->quorums_of({0}) == lists{replicas_of(c, 0)});
  CHECK(r->now()->quorums_of({8}).empty());
  CHECK_FALSE(*r->change(c));
}

TEST_CASE("while nodes change, the replicas before and those after count, until all is settled") {
  const scratch_dir at;
  const auto before = some_nodes({"n1", "n2", "n3"}), after = some_nodes({"n1", "n2", "n4"});
  const auto r = open(at, before);
  REQUIRE(*r->change(after));
  CHECK(r->under_way() != 0);
  CHECK_FALSE(r->complete());
  const auto view = r->now();
  CHECK(view->quorums_of({3}) == lists{replicas_of(after, 3), replicas_of(before, 3)});
  REQUIRE(view->leaving.size() == 1);
  CHECK(view->leaving.front().name == "n3");
  CHECK(view->find("n3"));
  CHECK(view->find("n4"));
  CHECK_FALSE(view->find("n5"));

  r->missing(r->under_way(), r->groups_settled(), 0);
  CHECK_FALSE(r->complete());  // the walk began before the groups were as they should be
  for (std::uint16_t p = 0; p < 8; ++p) r->group({p}, true);
  r->missing(r->under_way(), true, 2);
  CHECK_FALSE(r->complete());
  CHECK(r->told().files == 2);
  CHECK(r->told().partitions == 0);
  r->missing(r->under_way(), true, 0);
  CHECK(r->complete());
  r->group({0}, false);
  CHECK_FALSE(r->complete());
  CHECK(r->told().partitions == 1);
  r->group({0}, true);
  REQUIRE(r->settle());
  CHECK(r->under_way() == 0);
  CHECK(r->now()->leaving.empty());
  CHECK(r->now()->quorums_of({3}) == lists{replicas_of(after, 3)});
}

TEST_CASE("a change outlives a restart, and one that was made while the node was down is one") {
  const scratch_dir at;
  const auto before = some_nodes({"n1", "n2", "n3"}), after = some_nodes({"n1", "n2", "n3", "n4"});
  (void)open(at, before);
  for (int i = 0; i < 2; ++i) {
    const auto r = open(at, after);
    CHECK(r->under_way() != 0);
    CHECK(r->now()->earlier.size() == 1);
  }
  const auto r = open(at, after);
  finish(*r);
  REQUIRE(r->settle());
  CHECK(open(at, after)->complete());
}

TEST_CASE("a change on a change keeps both, and a walk of the first says nothing of the second") {
  const scratch_dir at;
  const auto r = open(at, some_nodes({"n1", "n2", "n3"}));
  REQUIRE(*r->change(some_nodes({"n1", "n2", "n4"})));
  const auto first = r->under_way();
  REQUIRE(*r->change(some_nodes({"n1", "n4", "n5"})));
  CHECK(r->now()->earlier.size() == 2);
  CHECK(r->now()->leaving.size() == 2);
  for (std::uint16_t p = 0; p < 8; ++p) r->group({p}, true);
  r->missing(first, true, 0);
  CHECK_FALSE(r->complete());
  r->missing(r->under_way(), true, 0);
  CHECK(r->complete());
}

TEST_CASE("who begins the cluster has all of it; who joins lacks everything") {
  const scratch_dir one, two;
  const auto c = some_nodes({"n1", "n2", "n3", "n4"});
  const auto first = open_fresh(one, c);
  CHECK_FALSE(first->complete());
  CHECK_FALSE(first->told().settled);
  REQUIRE(first->begin(false));
  CHECK(first->complete());
  CHECK(open(one, c)->complete());

  const auto joins = open_fresh(two, c, "n4");
  REQUIRE(joins->begin(true));
  CHECK_FALSE(joins->complete());
  CHECK(open_fresh(two, c, "n4")->under_way() != 0);
  finish(*joins);
  CHECK(joins->complete());
}

TEST_CASE("nodes that are lost for good are waited for no more") {
  const scratch_dir at;
  const auto r = open(at, some_nodes({"n1", "n2", "n3"}));
  const auto after = some_nodes({"n1", "n4"});
  REQUIRE(*r->change(after));
  REQUIRE(r->forget_earlier());
  CHECK(r->now()->quorums_of({0}) == lists{replicas_of(after, 0)});
  CHECK(r->now()->leaving.empty());
  CHECK_FALSE(r->complete());  // who knows what is here
  CHECK(open(at, after)->now()->earlier.empty());
  finish(*r);
  CHECK(r->complete());
}

TEST_CASE("a node that was alone knows that its files are with nobody else") {
  const scratch_dir at;
  REQUIRE(write_founding(at.text(), {1, {"n1"}}));
  const auto r = open_fresh(at, some_nodes({"n1", "n2", "n3"}));
  CHECK(r->under_way() != 0);
  CHECK(r->now()->quorums_of({0}) == lists{replicas_of(some_nodes({"n1", "n2", "n3"}), 0), {"n1"}});
}

TEST_CASE("the number of partitions is for ever") {
  const scratch_dir at;
  (void)open(at, some_nodes({"n1", "n2"}));
  auto other = some_nodes({"n1", "n2"});
  other.cluster.partitions = 16;
  const auto r = roster::open(at.text(), "n1", other);
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::bad_request);
}

TEST_CASE("what a running node cannot follow is refused, and nothing changes") {
  const scratch_dir at;
  const auto r = open(at, some_nodes({"n1", "n2", "n3"}));
  auto moved = some_nodes({"n1", "n2", "n4"});
  moved.nodes[1].host = "10.0.0.2";
  const auto refused = r->change(moved);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::bad_request);
  CHECK(refused.error().detail.find("n2") != std::string::npos);
  CHECK(r->now()->id == "8x3:n1,n2,n3");
  CHECK(r->complete());
}

TEST_CASE("a file that cannot be read keeps the node from starting") {
  const scratch_dir at;
  at.write("roster.json", "{");
  const auto r = roster::open(at.text(), "n1", some_nodes({"n1", "n2"}));
  REQUIRE_FALSE(r);
  CHECK(r.error().code == errc::corrupt);
}
