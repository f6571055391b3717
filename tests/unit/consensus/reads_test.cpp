// Linearizable reads without an entry of the log.
#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/consensus/small_group.hpp"

using namespace dip;
using namespace dip::test;

namespace {

bool was_answered(small_group& g, std::uint64_t id) {
  return std::find(g.answered.begin(), g.answered.end(), id) != g.answered.end();
}

// A leader that is cut off, and does not know it yet, must not answer from what it has.
bool deposed_leader_answers_nothing(const options& o) {
  small_group g{3, o};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  REQUIRE(g.elect(2, {2, 3}));
  g.settle({2, 3});
  REQUIRE(g.propose(2, "newer"));
  g.settle({2, 3});
  REQUIRE(g.leads(1));
  const auto asked = g.read(1);
  REQUIRE(asked);
  return !was_answered(g, *asked);
}

// The others have gone on to a later term: what they would say is not about this leader.
bool later_terms_confirm_nothing(const options& o) {
  small_group g{3, o};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  REQUIRE(g.elect(2, {2, 3}));
  g.settle({2, 3});
  const auto asked = g.read(1);
  REQUIRE(asked);
  g.deliver([](const message& m) { return std::holds_alternative<read_probe>(m.body); });
  g.deliver([](const message& m) { return std::holds_alternative<read_ack>(m.body); });
  return !was_answered(g, *asked);
}

// A new leader has everything that is committed, but does not know up to where.
bool new_leader_waits_for_its_own_entry(const options& o) {
  small_group g{3, o};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  REQUIRE(g.elect(2, {2, 3}));
  g.drop_all();
  const auto asked = g.read(2);
  REQUIRE(asked);
  for (int i = 0; i < 4; ++i)
    g.deliver([](const message& m) {
      return std::holds_alternative<read_probe>(m.body) || std::holds_alternative<read_ack>(m.body);
    });
  return !was_answered(g, *asked);
}

template <class Scenario>
void check_needed(rule r, Scenario ends_well) {
  CHECK(ends_well(small_group::quick()));
  auto o = small_group::quick();
  o.rules = o.rules.without(r);
  CHECK_FALSE(ends_well(o));
}

}  // namespace

TEST_CASE("a leader that was deposed without knowing it answers no read") {
  check_needed(rule::read_confirmed, deposed_leader_answers_nothing);
}

TEST_CASE("a probe is answered in its very term") {
  check_needed(rule::ack_same_term, later_terms_confirm_nothing);
}

TEST_CASE("a new leader answers reads when an entry of its own is committed") {
  check_needed(rule::read_own_term, new_leader_waits_for_its_own_entry);
}

TEST_CASE("a read is answered when a majority has confirmed the leader, and costs no entry") {
  small_group g{3};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  const auto last = g.last(1);
  const auto asked = g.read(1);
  REQUIRE(asked);
  CHECK_FALSE(was_answered(g, *asked));
  g.settle({1, 2});
  CHECK(was_answered(g, *asked));
  CHECK(g.last(1) == last);
  CHECK(g.read(2).error().code == errc::not_leader);
}

TEST_CASE("many reads share a round of probes, and a lost probe is sent again") {
  small_group g{3};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(*g.read(1));
  const auto probes = std::count_if(g.wire.begin(), g.wire.end(), [](const message& m) {
    return std::holds_alternative<read_probe>(m.body);
  });
  CHECK(probes == 2);
  g.drop_all();
  g.pass(100);
  g.tick(1);
  g.settle({1, 2, 3});
  for (const auto id : ids) CHECK(was_answered(g, id));
}

TEST_CASE("a read that was not confirmed is given up with the leadership") {
  small_group g{3};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  const auto asked = g.read(1);
  g.drop_all();
  g.pass(1'100);
  g.tick(1);
  CHECK_FALSE(g.leads(1));
  CHECK(g.latest(1).given_up == std::vector{*asked});
}

TEST_CASE("a single voter confirms its own reads") {
  small_group g{1};
  REQUIRE(g.leads(1));
  const auto asked = g.read(1);
  REQUIRE(asked);
  CHECK(was_answered(g, *asked));
}
