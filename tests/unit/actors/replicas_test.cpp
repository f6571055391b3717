// Three replicas of a partition as actors, in virtual time: the house follows the leadership, and nothing
// that was acknowledged is lost or doubled.
#include <algorithm>
#include <map>

#include <catch2/catch_test_macros.hpp>

#include "actors/partition.hpp"
#include "tests/unit/actors/still_group.hpp"
#include "tests/unit/actors/still_node.hpp"

using namespace dip;
using namespace dip::test;
using namespace std::chrono_literals;

namespace {

size_t count_awake(still_group& g) {
  size_t n = 0;
  for (size_t i = 0; i < still_group::size; ++i) n += g.where(i).queue({}, queue_name::request) ? 1 : 0;
  return n;
}

// How many messages each request has, in all queues.
std::map<request_id, int> messages_of(still_group& g, size_t node) {
  std::map<request_id, int> out;
  for (std::uint8_t q = 0; q < queue_count; ++q)
    for (const bool dead : {false, true})
      g.view(node)->each_message(static_cast<queue_name>(q), dead, {}, [&](const queue_message& m) {
        ++out[m.request];
        return true;
      });
  return out;
}

void check_equal(still_group& g) {
  for (size_t n = 1; n < still_group::size; ++n) {
    CHECK(g.view(n)->applied() == g.view(0)->applied());
    CHECK(g.view(n)->state_hash() == g.view(0)->state_hash());
  }
}

}  // namespace

TEST_CASE("replicas: one of three leads, and only its house is awake") {
  still_group g;
  const auto leader = g.wait_for_leader();
  CHECK(count_awake(g) == 1);
  g.accept(leader);
  for (size_t n = 0; n < still_group::size; ++n) {
    if (n == leader) continue;
    const auto said = g.propose_at(n, barrier{});
    CHECK_FALSE(said.ok);
    CHECK(said.code == errc::no_quorum);
  }
  g.pass(1s);
  CHECK(g.wait_for_leader() == leader);
  check_equal(g);
}

TEST_CASE("replicas: when the leader dies another wakes up with all that was acknowledged, once") {
  still_group g;
  const auto first = g.wait_for_leader();
  std::vector<request_record> accepted;
  // Enough for the log to be cut, so that who comes back late needs the state.
  for (int i = 0; i < 20; ++i) accepted.push_back(g.accept(first));
  const auto leased = g.lease(first, queue_name::request, 2);
  REQUIRE(leased.size() == 2);
  const auto publish_at = [&](size_t n, topic_name t, command what) {
    return g.answer_of<answer>(*g.where(n).topic({}, t), publish{std::move(what)});
  };
  REQUIRE(publish_at(first, topic_name::preprocess_ok, preprocessed(leased[0])).ok);
  const auto under_way = g.ask<answer>(*g.where(first).partition({}), propose{barrier{}});
  g.crash(first);
  CHECK(under_way->failure);

  const auto second = g.wait_for_leader(first);
  CHECK(count_awake(g) == 1);
  for (const auto& r : accepted) CHECK(g.view(second)->request(r.id));
  for (const auto& [id, count] : messages_of(g, second)) CHECK(count == 1);
  CHECK(messages_of(g, second).size() == accepted.size());
  // What was handed out is still held, with its token; the rest comes out once each.
  std::vector<request_id> seen{leased[0].request.id, leased[1].request.id};
  for (const auto& w : g.lease(second, queue_name::request, 50)) seen.push_back(w.request.id);
  std::sort(seen.begin(), seen.end());
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
  CHECK(seen.size() == accepted.size());
  CHECK(publish_at(second, topic_name::preprocess_ok, preprocessed(leased[1])).ok);
  CHECK(publish_at(second, topic_name::preprocess_ok, preprocessed(leased[1])).code == errc::stale_lease);
  for (int i = 0; i < 20; ++i) g.accept(second);

  g.start(first);
  g.pass(5s);
  CHECK(count_awake(g) == 1);
  check_equal(g);
}

TEST_CASE("replicas: a leader that is cut off tells who waits, goes to sleep, and wakes up again later") {
  still_group g;
  const auto first = g.wait_for_leader();
  const auto kept = g.accept(first);
  g.cut(first, true);
  const auto vain = g.ask<answer>(*g.where(first).partition({}), propose{barrier{}});
  const auto read = g.ask<answer>(*g.where(first).partition({}), read_rows{.key = kept.id.text()});
  g.settle();
  CHECK(vain->open());
  CHECK(read->open());
  const auto second = g.wait_for_leader(first);
  g.pass(2s);
  CHECK_FALSE(g.awake(first));
  CHECK(count_awake(g) == 1);
  REQUIRE(vain->value);
  CHECK(vain->value->code == errc::no_quorum);
  REQUIRE(read->value);
  CHECK(read->value->code == errc::no_quorum);
  const auto later = g.accept(second);

  g.cut(first, false);
  g.pass(2s);
  check_equal(g);
  // Back and forth: the house of the first is made anew, in another term.
  for (size_t n = 0; n < still_group::size; ++n) g.cut(n, n != first);
  g.pass(2s);
  CHECK(count_awake(g) == 0);
  for (size_t n = 0; n < still_group::size; ++n) g.cut(n, false);
  const auto third = g.wait_for_leader();
  CHECK(g.lease(third, queue_name::request, 5).size() == 2);
  CHECK(g.view(third)->request(kept.id));
  CHECK(g.view(third)->request(later.id));
}

TEST_CASE("replicas: a linearizable read is answered where the leader is, and nowhere else") {
  still_group g;
  const auto leader = g.wait_for_leader();
  const auto r = g.accept(leader);
  g.pass(1s);  // the others apply it too
  for (size_t n = 0; n < still_group::size; ++n) {
    const auto a = g.answer_of<answer>(*g.where(n).partition({}), read_rows{.key = r.id.text()});
    CHECK(a.ok == (n == leader));
    if (a.ok)
      CHECK(a.found->requests.at(0).id == r.id);
    else
      CHECK(a.code == errc::no_quorum);
    const auto listed = g.answer_of<answer>(*g.where(n).partition({}), read_rows{.what = row_kind::requests});
    CHECK(listed.ok == (n == leader));
    if (listed.ok) CHECK(listed.found->requests.size() == 1);
  }
}
