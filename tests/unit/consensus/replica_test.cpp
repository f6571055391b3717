// What the driver of a core adds to it: order between disk and messages, applying, and the way of a state to
// a replica that is too far behind.
#include "consensus/replica.hpp"

#include <algorithm>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/consensus/replica_group.hpp"

using namespace dip;
using namespace dip::consensus;
using namespace dip::test;

namespace {

std::vector<std::string> numbered(int from, int to) {
  std::vector<std::string> out;
  for (; from <= to; ++from) out.push_back(std::to_string(from));
  return out;
}

// A short memory: who is behind by more than a few entries needs the state.
replica_options forgetful() {
  auto o = replica_group::quick();
  o.snapshot_every = 5;
  o.trailing = 0;
  o.piece_bytes = 1;  // a row each
  return o;
}

template <class Body>
bool holds(const message& m) {
  return std::holds_alternative<Body>(m.body);
}

}  // namespace

TEST_CASE("a proposal is settled when it is applied here, and all replicas have it") {
  replica_group g{3};
  REQUIRE(g.elect(1, {1, 2, 3}));
  auto done = g.at(1).replica->propose(g.now, {"a", "b"});
  REQUIRE(done);
  const auto first = done->first;
  CHECK(done->effects.proposals.empty());
  g.take(1, std::move(done->effects));
  g.settle({1, 2, 3});
  g.beat(1, {1, 2, 3});
  REQUIRE(g.at(1).settled.size() == 2);
  CHECK(g.at(1).settled[1].index.value == first.value + 1);
  for (const auto& s : g.at(1).settled) CHECK(s.what == verdict::committed);
  for (const int n : {1, 2, 3}) CHECK(g.at(n).state->commands == std::vector<std::string>{"a", "b"});
  CHECK(g.at(1).latest.serves);
  CHECK_FALSE(g.at(2).latest.serves);
}

TEST_CASE("what a leader had taken is lost when another entry is committed in its place") {
  replica_group g{3};
  REQUIRE(g.elect(1, {1, 2, 3}));
  REQUIRE(g.propose(1, {"lost"}));
  g.wire.clear();
  REQUIRE(g.elect(2, {2, 3}));
  REQUIRE(g.propose(2, {"kept"}));
  g.settle({2, 3});
  CHECK(g.at(1).settled.empty());
  g.beat(2, {1, 2, 3}, 3);
  REQUIRE(g.at(1).settled.size() == 1);
  CHECK(g.at(1).settled[0].what == verdict::lost);
  CHECK(g.at(1).state->commands == std::vector<std::string>{"kept"});
}

TEST_CASE("a new leader serves when it has applied an entry of its own term") {
  replica_group g{3};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.pass(3'000);
  g.tick(2);
  g.deliver([](const message& m) { return holds<request_vote>(m); });
  g.deliver([](const message& m) { return holds<vote_result>(m); });
  CHECK(g.at(2).latest.role == role::leader);
  CHECK_FALSE(g.at(2).latest.serves);
  g.settle({1, 2, 3});
  CHECK(g.at(2).latest.serves);
}

namespace {

bool vote_waits_for_the_disk(const replica_options& o) {
  replica_group g{3, o};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.at(2).disk->held = true;
  g.pass(3'000);
  g.tick(3);
  g.deliver([](const message& m) { return m.to.value == 2; });
  const bool waited = g.wire.empty();
  g.at(2).disk->held = false;
  g.at(2).disk->work();
  REQUIRE(g.wire.size() == 1);
  CHECK(std::get<vote_result>(g.wire[0].body).granted);
  return waited;
}

bool applying_waits_for_the_disk(const replica_options& o) {
  replica_group g{3, o};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.at(1).disk->held = true;
  REQUIRE(g.propose(1, {"early"}));
  // An entry may be said before it is durable here: the others commit it.
  CHECK(std::any_of(g.wire.begin(), g.wire.end(), [](const message& m) { return holds<append_entries>(m); }));
  g.settle({1, 2, 3});
  const bool waited = g.at(1).state->commands.empty();
  g.at(1).disk->held = false;
  g.at(1).disk->work();
  CHECK(g.at(1).state->commands.size() == 1);
  return waited;
}

replica_options without(rule r) {
  auto o = replica_group::quick();
  o.core.rules = o.core.rules.without(r);
  return o;
}

}  // namespace

TEST_CASE("a vote is not said before it is durable") {
  CHECK(vote_waits_for_the_disk(replica_group::quick()));
  CHECK_FALSE(vote_waits_for_the_disk(without(rule::hold_promises)));
}

TEST_CASE("an entry is said before it is durable, and applied only then") {
  CHECK(applying_waits_for_the_disk(replica_group::quick()));
  CHECK_FALSE(applying_waits_for_the_disk(without(rule::apply_durable)));
}

TEST_CASE("messages wait for entries where that is asked for") {
  auto o = replica_group::quick();
  o.send_before_written = false;
  replica_group g{3, o};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.at(1).disk->held = true;
  REQUIRE(g.propose(1, {"a"}));
  CHECK(g.wire.empty());
  g.at(1).disk->held = false;
  g.at(1).disk->work();
  CHECK(g.wire.size() == 2);
}

TEST_CASE("who is too far behind fetches the state piece by piece, whatever gets lost") {
  replica_group g{3, forgetful()};
  REQUIRE(g.elect(1, {1, 2, 3}));
  for (int i = 0; i < 4; ++i) {
    REQUIRE(g.propose(1, numbered(10 * i, 10 * i + 9)));
    g.beat(1, {1, 2});
  }
  CHECK(g.at(1).store->first().value > 30);
  int pieces = 0, lost = 0;
  for (int turn = 0; turn < 400 && g.at(3).state->commands.size() < 40; ++turn) {
    g.pass(100);
    for (const int n : {1, 2, 3}) g.tick(n);
    while (!g.wire.empty())
      g.deliver([&](const message& m) {
        if (!holds<piece_answer>(m) && !holds<piece_request>(m)) return true;
        pieces += holds<piece_answer>(m);
        const bool drop = (pieces + lost) % 7 == 3;
        lost += drop;
        return !drop;
      });
  }
  CHECK(g.at(3).state->commands == numbered(0, 39));
  CHECK(pieces > 30);
  CHECK(lost > 0);
}

TEST_CASE("what was taken before a fetched state came is of unknown fate") {
  replica_group g{3, forgetful()};
  REQUIRE(g.elect(1, {1, 2, 3}));
  REQUIRE(g.propose(1, {"who knows"}));
  g.wire.clear();
  REQUIRE(g.elect(2, {2, 3}));
  for (int i = 0; i < 4; ++i) {
    REQUIRE(g.propose(2, numbered(10 * i, 10 * i + 9)));
    g.beat(2, {2, 3});
  }
  g.beat(2, {1, 2, 3}, 40);
  CHECK(g.at(1).state->commands == numbered(0, 39));
  REQUIRE(g.at(1).settled.size() == 1);
  CHECK(g.at(1).settled[0].what == verdict::unknown);
}

TEST_CASE("a learner that begins empty catches up and becomes a voter") {
  replica_group g{3, forgetful()};
  REQUIRE(g.elect(1, {1, 2, 3}));
  REQUIRE(g.propose(1, numbered(0, 19)));
  g.beat(1, {1, 2, 3});
  g.join(4);
  const auto learns = g.at(1).replica->core().members().with({4}, member_role::learner);
  auto added = g.at(1).replica->change(g.now, learns);
  REQUIRE(added);
  g.take(1, std::move(*added));
  g.beat(1, {1, 2, 3, 4}, 20);
  CHECK(g.at(4).state->commands == numbered(0, 19));
  auto watched = g.at(1).replica->catch_up(g.now, {4});
  REQUIRE(watched);
  g.take(1, std::move(*watched));
  g.beat(1, {1, 2, 3, 4}, 2);
  CHECK(g.at(1).replica->core().caught_up({4}) == catch_up_state::finished);
  auto voter = g.at(1).replica->change(g.now, learns.with({4}, member_role::voter));
  REQUIRE(voter);
  g.take(1, std::move(*voter));
  g.beat(1, {1, 2, 3, 4}, 2);
  CHECK(g.at(4).replica->core().members().voters().size() == 4);
}

TEST_CASE("a state that is being fetched is not replaced by a newer one") {
  replica_group g{3, forgetful()};
  REQUIRE(g.elect(1, {1, 2, 3}));
  REQUIRE(g.propose(1, numbered(0, 9)));
  g.beat(1, {1, 2, 3});
  const auto kept = g.at(1).store->snapshot();
  const auto ask = [&](log_index index, const std::string& from) {
    g.wire.clear();
    g.take(1, g.at(1).replica->receive(g.now, {{2}, {1}, piece_request{kept.term, index, from}}));
  };
  ask(kept.index, "");
  REQUIRE(g.wire.size() == 1);
  CHECK_FALSE(std::get<piece_answer>(g.wire[0].body).gone);
  REQUIRE(g.propose(1, numbered(10, 19)));
  g.beat(1, {1, 2, 3});
  CHECK(g.at(1).store->snapshot().index == kept.index);
  // Nobody has asked for a while.
  g.beat(1, {1, 2, 3}, 31);
  REQUIRE(g.propose(1, numbered(20, 29)));
  g.beat(1, {1, 2, 3});
  CHECK(g.at(1).store->snapshot().index > kept.index);
  ask(kept.index, "");
  REQUIRE(g.wire.size() == 1);
  CHECK(std::get<piece_answer>(g.wire[0].body).gone);
  // A place that no piece gave is not answered, and does no harm.
  ask(g.at(1).store->snapshot().index, "\x7fnowhere");
  CHECK(std::none_of(g.wire.begin(), g.wire.end(), [](const message& m) { return holds<piece_answer>(m); }));
}

TEST_CASE("a piece that cannot be read ends the fetch, and the next offer is taken") {
  replica_group g{3, forgetful()};
  REQUIRE(g.elect(1, {1, 2, 3}));
  REQUIRE(g.propose(1, numbered(0, 29)));
  g.beat(1, {1, 2});
  bool spoilt = false;
  for (int turn = 0; turn < 100 && g.at(3).state->commands.size() < 30; ++turn) {
    g.pass(100);
    for (const int n : {1, 2, 3}) g.tick(n);
    while (!g.wire.empty()) {
      for (auto& m : g.wire)
        if (auto* piece = std::get_if<piece_answer>(&m.body); piece != nullptr && !spoilt) {
          piece->rows = "no rows";
          spoilt = true;
        }
      g.deliver([](const message&) { return true; });
    }
  }
  CHECK(spoilt);
  CHECK(g.at(3).state->commands == numbered(0, 29));
}

TEST_CASE("replicas that lead beat at the same moments, whenever they began") {
  replica_group a{3}, b{3};
  b.pass(37);
  REQUIRE(a.elect(1, {1, 2, 3}));
  REQUIRE(b.elect(1, {1, 2, 3}));
  CHECK(a.at(1).latest.next_timeout.count() % 100 == 0);
  CHECK(b.at(1).latest.next_timeout.count() % 100 == 0);
}

TEST_CASE("options that cannot work are refused by name") {
  replica_options o;
  CHECK(o.validate());
  o.piece_bytes = 0;
  CHECK(o.validate().error().detail.find("piece_bytes") != std::string::npos);
  o = {};
  o.piece_patience = milliseconds{9};
  CHECK(o.validate().error().detail.find("piece_patience") != std::string::npos);
  o.piece_patience = milliseconds{10};
  CHECK(o.validate());
  o.core.max_inflight = 0;
  CHECK(o.validate().error().detail.find("max_inflight") != std::string::npos);
}
