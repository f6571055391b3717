// What a group does when nothing is wrong, and where its limits are.
#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/consensus/small_group.hpp"

using namespace dip;
using namespace dip::test;

TEST_CASE("a leader is elected, and what it takes reaches all") {
  small_group g{3};
  REQUIRE(g.elect(2, {1, 2, 3}));
  REQUIRE(g.propose(2, "a"));
  g.settle({1, 2, 3});
  g.pass(100);
  g.tick(2);
  g.settle({1, 2, 3});
  for (const int n : {1, 2, 3}) CHECK(g.commit(n) == g.last(2));
  CHECK(g.propose(1, "b").error().code == errc::not_leader);
  CHECK(g.of(1).leader() == id(2));
}

TEST_CASE("an election timer fires between one and two timeouts after the last word of a leader") {
  small_group g{3};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  const auto wait = g.latest(2).next_timeout - g.now();
  CHECK(wait >= milliseconds{1'000});
  CHECK(wait <= milliseconds{2'000});
  // A leader beats at multiples of its heartbeat.
  CHECK(g.latest(1).next_timeout == (g.now() / 100 + milliseconds{1}) * 100);
}

TEST_CASE("a timer that is late is not set into the past") {
  small_group g{3};
  g.pass(60'000);
  g.hold_disk(1);
  g.tick(1);
  CHECK(g.latest(1).next_timeout > g.now());
  REQUIRE(g.elect(2, {2, 3}));
  g.pass(60'000);
  REQUIRE(g.propose(2, "a"));
  CHECK(g.latest(2).next_timeout > g.now());
}

TEST_CASE("a leader that hears no majority for an election timeout steps down") {
  small_group g{3};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  g.pass(1'000);
  g.tick(1);
  CHECK(g.leads(1));
  g.drop_all();
  g.pass(1);
  g.tick(1);
  CHECK_FALSE(g.leads(1));
}

TEST_CASE("whoever hears a leader gives no vote, unless the leader itself has asked for it") {
  small_group g{3};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  const term_number next{g.of(1).term().value + 1};
  g.receive(2, {id(3), id(2), request_vote{next, {g.last(2)}, g.of(1).term(), false, false}});
  CHECK(g.of(2).term() == g.of(1).term());
  g.receive(2, {id(3), id(2), request_vote{next, {g.last(2)}, g.of(1).term(), true, false}});
  CHECK(g.of(2).term() == next);
}

TEST_CASE("leadership is handed over without waiting for a timeout") {
  small_group g{3};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  auto done = g.of(1).transfer(g.now(), id(3));
  REQUIRE(done);
  g.handle(1, *done);
  CHECK(g.propose(1, "meanwhile").error().code == errc::not_leader);
  g.settle({1, 2, 3});
  CHECK(g.leads(3));
  CHECK_FALSE(g.leads(1));
  CHECK(g.of(3).transfer(g.now(), id(9)).error().code == errc::not_found);
}

TEST_CASE("a hand-over that fails ends after an election timeout") {
  small_group g{3};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  auto done = g.of(1).transfer(g.now(), {});
  REQUIRE(done);
  g.drop_all();
  g.pass(1'000);
  g.tick(1);
  CHECK(g.propose(1, "again"));
}

TEST_CASE("beyond its backlog a leader is busy, and takes again when a majority has caught up") {
  auto o = small_group::quick();
  o.max_backlog_entries = 3;
  o.max_backlog_bytes = 100;
  small_group g{3, o};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  for (int i = 0; i < 3; ++i) REQUIRE(g.propose(1, "a"));
  CHECK(g.propose(1, "one too many").error().code == errc::overloaded);
  g.settle({1, 2, 3});
  REQUIRE(g.propose(1, std::string(100, 'x')));
  CHECK(g.propose(1, "y").error().code == errc::overloaded);
  g.settle({1, 2, 3});
  CHECK(g.propose(1, std::string(1'000, 'x')));  // alone, it must get through
}

TEST_CASE("messages carry no more payload than they may, but for an entry that is larger by itself") {
  auto o = small_group::quick();
  o.max_message_bytes = 100;
  small_group g{3, o};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  auto done = g.of(1).propose(
      g.now(), {std::string(50, 'a'), std::string(50, 'b'), std::string(51, 'c'), std::string(300, 'd')});
  REQUIRE(done);
  g.handle(1, done->effects);
  std::vector<size_t> sizes;
  for (const auto& m : g.wire) {
    const auto* a = std::get_if<append_entries>(&m.body);
    if (a == nullptr || m.to != id(2)) continue;
    size_t size = 0;
    for (const auto& e : a->entries) size += e.payload.size();
    sizes.push_back(size);
  }
  CHECK(sizes == std::vector<size_t>{100, 51, 300});
  g.settle({1, 2, 3});
  CHECK(g.commit(1) == g.last(1));
}

TEST_CASE("a follower that is too far behind is offered the state, and goes on from it") {
  small_group g{3};
  REQUIRE(g.elect(1, {1, 2}));
  for (int i = 0; i < 10; ++i) REQUIRE(g.propose(1, "a"));
  g.settle({1, 2});
  g.compact(1);
  for (int i = 0; i < 6 && !g.latest(3).fetch; ++i) {
    g.pass(100);
    g.tick(1);
    for (int hop = 0; hop < 4 && !g.latest(3).fetch; ++hop) g.deliver_between({1, 2, 3});
  }
  REQUIRE(g.latest(3).fetch);
  CHECK(g.latest(3).fetch->from == id(1));
  const auto mark = g.latest(3).fetch->mark;
  CHECK(mark == g.log(1).snapshot());
  // It keeps what it has until the state is here.
  CHECK(g.last(3) == 1);
  g.handle(3, g.of(3).snapshot_fetched(g.now(), mark.index));
  CHECK(g.log(3).snapshot() == mark);
  g.handle(3, g.of(3).snapshot_persisted(g.now()));
  CHECK(g.commit(3) == mark.index.value);
  REQUIRE(g.propose(1, "b"));
  g.settle({1, 2, 3});
  g.pass(100);
  g.tick(1);
  g.settle({1, 2, 3});
  CHECK(g.commit(3) == g.last(1));
  CHECK(g.agree());
}

TEST_CASE("a learner follows, catches up, and becomes a voter; a voter goes") {
  small_group g{3};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  g.join(4);
  CHECK(g.change(1, g.of(1).members().with(id(4), member_role::voter)).error().code == errc::bad_request);
  REQUIRE(g.change(1, g.of(1).members().with(id(4), member_role::learner)));
  g.settle({1, 2, 3, 4});
  CHECK(g.change(1, g.of(1).members().with(id(4), member_role::voter)).error().code == errc::conflict);
  auto watch = g.of(1).catch_up(g.now(), id(4));
  REQUIRE(watch);
  g.handle(1, *watch);
  for (int i = 0; i < 5; ++i) {
    g.pass(100);
    g.tick(1);
    g.settle({1, 2, 3, 4});
  }
  REQUIRE(g.of(1).caught_up(id(4)) == catch_up_state::finished);
  REQUIRE(g.change(1, g.of(1).members().with(id(4), member_role::voter)));
  g.settle({1, 2, 3, 4});
  REQUIRE(g.change(1, g.of(1).members().without(id(2))));
  g.settle({1, 2, 3, 4});
  CHECK(g.of(1).members() == members_of({1, 3, 4}));
  CHECK_FALSE(g.of(1).changing());
  CHECK(g.change(1, g.of(1).members().without(id(1))).error().code == errc::conflict);
  CHECK(g.change(1, members_of({1, 2, 5})).error().code == errc::bad_request);
}

TEST_CASE("the options that cannot work are named") {
  CHECK(options{}.validate());
  const auto word = [](auto change) {
    options o;
    change(o);
    return o.validate().error().detail;
  };
  CHECK(word([](options& o) { o.heartbeat = milliseconds{9}; }).find("heartbeat") != std::string::npos);
  CHECK(word([](options& o) { o.election_timeout = milliseconds{199}; }).find("election_timeout") !=
        std::string::npos);
  CHECK(word([](options& o) { o.max_inflight = 0; }).find("max_inflight") != std::string::npos);
  CHECK(word([](options& o) { o.max_message_bytes = 0; }).find("max_message_bytes") != std::string::npos);
  CHECK(word([](options& o) { o.max_backlog_entries = 0; }).find("max_backlog_entries") != std::string::npos);
  CHECK(word([](options& o) { o.max_backlog_bytes = 0; }).find("max_backlog_bytes") != std::string::npos);
}

TEST_CASE("who takes over leads the members that it names, and keeps what its log has") {
  small_group g{5};
  REQUIRE(g.elect(1, {1, 2, 3, 4, 5}));
  REQUIRE(g.propose(1, "a"));
  g.settle({1, 2, 3, 4, 5});
  g.pass(100);
  g.tick(1);
  g.settle({1, 2, 3, 4, 5});
  REQUIRE(g.propose(1, "b"));  // known to 1 and 4 alone
  g.settle({1, 4});
  const auto had = g.last(4);
  REQUIRE(had > g.last(5));

  // 1, 2 and 3 are gone.
  g.drop_all();
  g.pass(5'000);
  g.tick(4);
  g.drop_all();
  const auto term = g.of(4).term();
  auto led = g.of(4).take_over(g.now(), {term.value + 1}, members_of({4, 5}));
  REQUIRE(led);
  g.handle(4, std::move(*led));
  CHECK(g.leads(4));
  g.settle({4, 5});
  CHECK(g.of(4).members() == members_of({4, 5}));
  CHECK(g.of(5).members() == members_of({4, 5}));
  CHECK(g.commit(4) > had);
  REQUIRE(g.propose(4, "c"));
  g.settle({4, 5});
  CHECK(g.commit(4) == g.last(4));
  CHECK(g.last(5) == g.last(4));
  CHECK(g.agree());

  // And they are a group like any other: who leads is voted for.
  g.restart(4);
  REQUIRE(g.elect(5, {4, 5}));
  g.settle({4, 5});
  CHECK(g.agree());
}

TEST_CASE("one that was told nothing yet can begin a group with nothing") {
  small_group g{1};
  g.join(2);
  g.pass(5'000);
  auto led = g.of(2).take_over(g.now(), {1}, members_of({2}));
  REQUIRE(led);
  g.handle(2, std::move(*led));
  CHECK(g.leads(2));
  REQUIRE(g.propose(2, "a"));
  CHECK(g.commit(2) == g.last(2));
}

TEST_CASE("nobody takes over from a leader that is heard, in a term that has begun, or as no voter") {
  small_group g{3};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  const auto term = g.of(2).term().value;
  CHECK(g.of(2).take_over(g.now(), {term + 1}, members_of({2})).error().code == errc::conflict);
  CHECK(g.of(1).take_over(g.now(), {term + 1}, members_of({1})).error().code == errc::conflict);
  g.pass(5'000);
  CHECK(g.of(2).take_over(g.now(), {term}, members_of({2})).error().code == errc::bad_request);
  CHECK(g.of(2).take_over(g.now(), {term + 1}, members_of({3})).error().code == errc::bad_request);
  CHECK(g.of(2).take_over(g.now(), {term + 1}, members_of({2})));
}
