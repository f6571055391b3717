#include "actors/queue_lines.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace dip;
using namespace std::chrono_literals;

namespace {

constexpr milliseconds visibility{30'000};

struct rig {
  queue_lines lines{visibility};
  std::uint64_t counter = 0;
  steady_time now{100s};
  wall_time wall{1'000'000s};

  queue_message message(std::uint64_t id) const {
    queue_message m;
    m.ref.id = {id};
    m.enqueued_at = m.visible_at = wall;
    return m;
  }
  void add(const queue_message& m) { lines.apply(queue_change::kind::added, m, now, wall); }
  std::vector<queue_lines::grant> take(std::uint32_t most) { return lines.take(most, 7, counter, now); }
};

}  // namespace

TEST_CASE("messages are leased oldest first, each to one holder, with rising tokens") {
  rig r;
  for (const std::uint64_t id : {3, 1, 2}) r.add(r.message(id));
  const auto first = r.take(2);
  REQUIRE(first.size() == 2);
  CHECK(first[0].message.ref.id.value == 1);
  CHECK(first[1].message.ref.id.value == 2);
  CHECK(first[0].token < first[1].token);
  CHECK(r.take(5).size() == 1);
  CHECK(r.take(5).empty());
}

TEST_CASE("a message without room lets those behind it pass, and comes back") {
  rig r;
  for (std::uint64_t id = 1; id <= 4; ++id) r.add(r.message(id));
  const auto odd_only = [](const queue_message& m) { return m.ref.id.value % 2 == 1 ? 0ms : 300ms; };
  const auto taken = r.lines.take(4, 7, r.counter, r.now, odd_only);
  REQUIRE(taken.size() == 2);
  CHECK(taken[0].message.ref.id.value == 1);
  CHECK(taken[1].message.ref.id.value == 3);
  CHECK(r.lines.ready() == 0);
  r.now += 299ms;
  CHECK(r.lines.expire(r.now).empty());
  CHECK(r.lines.ready() == 0);
  r.now += 1ms;
  CHECK(r.lines.expire(r.now).empty());
  CHECK(r.lines.ready() == 2);
  CHECK(r.take(4).size() == 2);
}

TEST_CASE("no more than so many messages are passed over in one search") {
  rig r;
  for (std::uint64_t id = 1; id <= queue_lines::most_passed_over + 2; ++id) r.add(r.message(id));
  const auto none = [](const queue_message&) { return milliseconds{250}; };
  CHECK(r.lines.take(1, 7, r.counter, r.now, none).empty());
  CHECK(r.lines.ready() == 2);
}

TEST_CASE("a lease runs out one visibility timeout after it was last renewed") {
  rig r;
  r.add(r.message(1));
  const auto g = r.take(1).front();
  r.now += visibility - 1ms;
  CHECK(r.lines.expire(r.now).empty());
  CHECK(r.lines.renew(g.message.ref.id, g.token, r.now));
  r.now += visibility - 1ms;
  CHECK(r.lines.expire(r.now).empty());
  r.now += 1ms;
  const auto out = r.lines.expire(r.now);
  REQUIRE(out.size() == 1);
  CHECK(out.front().token == g.token);
  CHECK(r.lines.expire(r.now).empty());
}

TEST_CASE("a lease is renewed and held only with its own token") {
  rig r;
  r.add(r.message(1));
  const auto g = r.take(1).front();
  auto other = g.token;
  ++other.counter;
  CHECK_FALSE(r.lines.renew({1}, other, r.now));
  CHECK(r.lines.held({1}, other) == nullptr);
  CHECK(r.lines.held({1}, g.token) != nullptr);
}

TEST_CASE("a message that was given back waits for its delay") {
  rig r;
  r.add(r.message(1));
  const auto g = r.take(1).front();
  auto back = g.message;
  back.visible_at = r.wall + 5s;
  r.lines.apply(queue_change::kind::returned, back, r.now, r.wall);
  CHECK(r.take(1).empty());
  CHECK(r.lines.figures(r.wall).delayed == 1);
  r.now += 5s;
  CHECK(r.lines.expire(r.now).empty());
  CHECK(r.take(1).size() == 1);
}

TEST_CASE("a grant that could not be logged is ready again after a while, unless another took it") {
  rig r;
  r.add(r.message(1));
  const auto g = r.take(1).front();
  r.lines.undo({1}, {7, 99}, r.now, 1s);
  CHECK(r.lines.held({1}, g.token) != nullptr);
  r.lines.undo({1}, g.token, r.now, 1s);
  CHECK(r.lines.held({1}, g.token) == nullptr);
  r.now += 1s;
  CHECK(r.lines.expire(r.now).empty());
  CHECK(r.take(1).size() == 1);
}

TEST_CASE("the entry of a lease that was handed out already does not lengthen it") {
  rig r;
  r.add(r.message(1));
  auto g = r.take(1).front();
  r.now += 10s;
  g.message.leased = lease{g.token, "n1#a", r.wall};
  r.lines.apply(queue_change::kind::leased, g.message, r.now, r.wall);
  CHECK(r.lines.next_deadline() == steady_time{100s} + visibility);
}

TEST_CASE("settled and dead messages are gone from the lines, and counted") {
  rig r;
  for (const std::uint64_t id : {1, 2}) r.add(r.message(id));
  const auto both = r.take(2);
  r.lines.apply(queue_change::kind::removed, both[0].message, r.now, r.wall);
  auto dead = both[1].message;
  dead.dead = true;
  r.lines.apply(queue_change::kind::died, dead, r.now, r.wall);
  CHECK(r.lines.size() == 0);
  CHECK_FALSE(r.lines.next_deadline());
  const auto f = r.lines.figures(r.wall);
  CHECK(f.dead == 1);
  CHECK(f.in_total == 2);
  CHECK(f.out_total == 2);
  r.lines.apply(queue_change::kind::removed, dead, r.now, r.wall);
  CHECK(r.lines.figures(r.wall).dead == 0);
}

TEST_CASE("while it is paused nothing is leased, and what is leased goes on") {
  rig r;
  for (std::uint64_t id = 1; id <= 3; ++id) r.add(r.message(id));
  const auto held = r.take(1);
  REQUIRE(held.size() == 1);
  queue_message none;
  r.lines.apply(queue_change::kind::paused, none, r.now, r.wall);
  CHECK(r.take(5).empty());
  CHECK(r.lines.ready() == 0);
  auto f = r.lines.figures(r.wall);
  CHECK(f.paused);
  CHECK(f.visible == 2);
  CHECK(f.in_flight == 1);
  CHECK(r.lines.renew(held[0].message.ref.id, held[0].token, r.now));
  CHECK(r.lines.size() == 3);
  r.lines.apply(queue_change::kind::resumed, none, r.now, r.wall);
  CHECK(r.lines.ready() == 2);
  CHECK(r.take(5).size() == 2);
  CHECK_FALSE(r.lines.figures(r.wall).paused);
}

TEST_CASE("leases that were given, and those that came back undone, are counted") {
  rig r;
  auto m = r.message(1);
  r.add(m);
  const auto taken = r.take(1);
  m.leased = lease{taken[0].token, "n1", r.wall};
  m.acquired = 1;
  r.lines.apply(queue_change::kind::leased, m, r.now, r.wall);
  m.leased.reset();
  m.visible_at = r.wall + milliseconds{50};
  r.lines.apply(queue_change::kind::returned, m, r.now, r.wall);
  const auto f = r.lines.figures(r.wall);
  CHECK(f.acquired_total == 1);
  CHECK(f.returned_total == 1);
  CHECK(f.in_flight == 0);
  CHECK(f.delayed == 1);
  CHECK(f.visible == 0);
}
