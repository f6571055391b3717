// The ways in which acknowledged entries have been lost by others, each with the rule that prevents it: with
// the rule the scenario ends well, without it it does not (docs/consensus.md).
#include <catch2/catch_test_macros.hpp>

#include "tests/unit/consensus/small_group.hpp"

using namespace dip;
using namespace dip::test;

namespace {

options without(rule r) {
  auto o = small_group::quick();
  o.rules = o.rules.without(r);
  return o;
}

template <class Scenario>
void check_needed(rule r, Scenario ends_well) {
  CHECK(ends_well(small_group::quick()));
  CHECK_FALSE(ends_well(without(r)));
}

// Dissertation, figure 3.7. One entry at a time is sent.
bool old_term_is_not_committed_by_counting(options o) {
  o.max_inflight = 1;
  small_group g{3, o};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  REQUIRE(g.propose(1, "a"));
  g.drop_all();  // only replica 1 has it
  const auto old = g.log(1).last();
  REQUIRE(g.elect(3, {2, 3}));
  g.drop_all();  // nor does replica 3's first entry get out
  g.crash(3);
  g.restart(1);
  REQUIRE(g.elect(1, {1, 2}));
  for (int i = 0; i < 40 && g.of(1).match(id(2)) < old; ++i) {
    g.deliver_between({1, 2});
    g.pass(100);
    g.tick(1);
  }
  REQUIRE(g.of(1).match(id(2)) == old);
  // Replica 3 can still be elected, and overwrite it.
  return g.of(1).commit() < old;
}

// What libraft 0.15 lost: a follower with entries of somebody else answers an empty heartbeat.
bool stale_suffix_is_not_counted(const options& o) {
  small_group g{3, o};
  REQUIRE(g.elect(1, {1, 2}));
  g.drop_all();
  for (int i = 0; i < 4; ++i) REQUIRE(g.propose(1, "lost"));
  g.drop_all();
  REQUIRE(g.elect(3, {2, 3}));
  for (int i = 0; i < 3; ++i) REQUIRE(g.propose(3, "kept"));
  g.drop_all();
  g.receive(1, {id(3), id(1), append_entries{g.of(3).term(), {1}, {1}, {}, {}}});
  g.deliver([](const message& m) { return m.from == id(1) && m.to == id(3); });
  return g.of(3).match(id(1)).value <= 1;
}

bool follower_counts_when_durable(const options& o) {
  small_group g{3, o};
  REQUIRE(g.elect(1, {1, 2}));
  g.settle({1, 2});
  const auto before = g.commit(1);
  g.hold_disk(1);
  g.hold_disk(2);
  REQUIRE(g.propose(1, "a"));
  for (int i = 0; i < 5; ++i) g.deliver_between({1, 2});
  g.pass(100);
  g.tick(1);
  for (int i = 0; i < 5; ++i) g.deliver_between({1, 2});
  return g.commit(1) == before && g.of(1).match(id(2)).value <= before;
}

// Five entries are being written; a new leader replaces the last four by one, and the first write ends.
bool overtaken_write_does_not_count(const options& o) {
  small_group g{3, o};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  const auto base = g.last(1);
  g.hold_disk(2);
  const auto old = g.of(1).term();
  std::vector<replicated_entry> five(5, {old, entry_kind::normal, "old"});
  g.receive(2, {id(1), id(2), append_entries{old, {base}, old, {base}, five}});
  const auto first_write = g.latest(2).append->write;
  const term_number later{old.value + 1};
  g.receive(2, {id(3), id(2),
                append_entries{later,
                               {base},
                               old,
                               {base},
                               {{later, entry_kind::normal, "new"}, {later, entry_kind::normal, "new"}}}});
  g.drop_all();
  g.handle(2, g.of(2).persisted(g.now(), first_write));
  for (const auto& m : g.wire)
    if (const auto* r = std::get_if<append_result>(&m.body); r != nullptr && r->last.value > base)
      return false;
  return true;
}

bool commit_stays_within_what_was_compared(const options& o) {
  small_group g{3, o};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  const auto base = g.last(2);
  const auto old = g.of(1).term();
  REQUIRE(g.propose(1, "a"));
  g.deliver(
      [](const message& m) { return m.to == id(2); });  // replica 2 has an entry that nobody else will have
  g.drop_all();
  const term_number later{old.value + 1};
  g.receive(2, {id(3), id(2), append_entries{later, {base}, old, {base + 1}, {}}});
  return g.commit(2) == base;
}

bool append_of_an_older_term_is_refused(const options& o) {
  small_group g{3, o};
  REQUIRE(g.elect(1, {1, 2}));
  g.settle({1, 2});
  const auto old = g.of(1).term();
  REQUIRE(g.elect(2, {2, 3}));
  g.settle({2, 3});
  const auto last = g.last(3);
  g.receive(3, {id(1), id(3), append_entries{old, {last - 1}, old, {}, {{old, entry_kind::normal, "late"}}}});
  return g.last(3) == last && g.log(3).term_at({last}) == g.of(2).term();
}

// A delayed append from the log's beginning, at a follower that has cut its own (libraft reads beyond its
// memory).
bool append_from_before_the_log_is_harmless(const options& o) {
  small_group g{3, o};
  REQUIRE(g.elect(1, {1, 2}));
  for (int i = 0; i < 5; ++i) REQUIRE(g.propose(1, "a"));
  g.settle({1, 2});
  g.pass(100);
  g.tick(1);
  g.settle({1, 2});
  std::vector<replicated_entry> all;
  for (std::uint64_t i = 1; i <= 4; ++i) all.push_back(g.log(1).entries({i}, {i}, 1)->front());
  const auto last = g.last(2);
  g.compact(2);
  g.receive(2, {id(1), id(2), append_entries{g.of(1).term(), {}, {}, {2}, all}});
  return !g.failed(2) && g.last(2) == last && !g.latest(2).append;
}

bool one_vote_a_term(const options& o) {
  small_group g{3, o};
  const term_number term{7};
  g.receive(1, {id(2), id(1), request_vote{term, {1}, {1}, false, false}});
  g.receive(1, {id(3), id(1), request_vote{term, {1}, {1}, false, false}});
  int granted = 0;
  for (const auto& m : g.wire)
    if (const auto* r = std::get_if<vote_result>(&m.body); r != nullptr && r->granted) ++granted;
  return granted == 1;
}

bool short_log_gets_no_vote(const options& o) {
  small_group g{3, o};
  REQUIRE(g.elect(1, {1, 2}));
  REQUIRE(g.propose(1, "a"));
  g.settle({1, 2});
  g.crash(1);
  return !g.elect(3, {2, 3});
}

// A single voter sends an entry to its learner, loses it with its power, and leads again: by the rule in a
// later term, so that the learner's entry is not taken for the one that stands in its place.
bool alone_it_leads_in_a_new_term(const options& o) {
  small_group g{1, o};
  g.settle({1});
  REQUIRE(g.leads(1));
  g.join(2);
  REQUIRE(g.change(1, members_of({1}).with(id(2), member_role::learner)));
  g.settle({1, 2});
  g.pass(100);
  g.tick(1);
  g.settle({1, 2});
  g.hold_disk(1);
  REQUIRE(g.propose(1, "sent and lost"));
  g.deliver([](const message& m) { return m.to == id(2); });
  const auto place = g.log(2).last();
  const auto lost = g.log(2).term_at(place);
  g.restart(1);
  REQUIRE(g.leads(1));
  return g.of(1).term() > lost;
}

// Replica 1 is two terms behind and has the longer log, replica 2 the higher term.
bool pre_vote_finds_a_leader(options o) {
  small_group g{3, o};
  REQUIRE(g.elect(1, {1, 2}));
  REQUIRE(g.propose(1, "only at 1"));
  g.drop_all();
  for (std::uint64_t term = 5; term < 8; ++term)
    g.receive(2, {id(3), id(2), vote_result{{term}, false, false}});
  g.crash(3);
  g.drop_all();
  for (int i = 0; i < 100; ++i) {
    g.pass(2'100);
    g.tick(1 + i % 2);
    g.settle({1, 2});
    if (g.leads(1) || g.leads(2)) return true;
  }
  return false;
}

bool old_rejection_changes_nothing(options o) {
  small_group g{3, o};
  REQUIRE(g.elect(1, {1, 2}));
  for (int i = 0; i < 5; ++i) REQUIRE(g.propose(1, "a"));
  g.settle({1, 2});
  g.receive(1, {id(2), id(1), append_result{g.of(1).term(), {3}, {2}}});
  for (const auto& m : g.wire)
    if (const auto* a = std::get_if<append_entries>(&m.body);
        a != nullptr && m.to == id(2) && !a->entries.empty())
      return false;  // it sends again what is there
  return true;
}

// Ongaro, raft-dev, July 2015: two leaders in a row change the members, each by itself.
bool members_change_after_an_own_entry(const options& o) {
  small_group g{4, o};
  REQUIRE(g.elect(1, {1, 2, 3, 4}));
  g.settle({1, 2, 3, 4});
  g.pass(100);
  g.tick(1);
  g.settle({1, 2, 3, 4});
  REQUIRE(g.elect(2, {2, 3, 4}));
  const auto early = g.change(2, members_of({2, 3, 4}));
  return !early && early.error().code == errc::conflict;
}

bool one_change_at_a_time(const options& o) {
  small_group g{3, o};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  REQUIRE(g.change(1, g.of(1).members().with(id(4), member_role::learner)));
  return !g.change(1, g.of(1).members().with(id(5), member_role::learner));
}

bool replaced_change_is_forgotten(const options& o) {
  small_group g{3, o};
  REQUIRE(g.elect(1, {1, 2, 3}));
  g.settle({1, 2, 3});
  REQUIRE(g.change(1, g.of(1).members().with(id(4), member_role::learner)));
  g.drop_all();
  REQUIRE(g.elect(2, {2, 3}));
  g.settle({1, 2, 3});
  g.pass(100);
  g.tick(2);
  g.settle({1, 2, 3});
  return g.of(1).members() == members_of({1, 2, 3});
}

}  // namespace

TEST_CASE("an entry of an earlier term is not committed by counting") {
  check_needed(rule::commit_own_term, old_term_is_not_committed_by_counting);
}
TEST_CASE("entries that were never compared with the leader's are not counted") {
  check_needed(rule::answer_checked, stale_suffix_is_not_counted);
}
TEST_CASE("an entry counts where it is durable, and not before") {
  check_needed(rule::answer_durable, follower_counts_when_durable);
}
TEST_CASE("a write that was overtaken by a truncation does not count beyond it") {
  check_needed(rule::write_overtaken, overtaken_write_does_not_count);
}
TEST_CASE("a follower commits no further than it has compared") {
  check_needed(rule::commit_checked, commit_stays_within_what_was_compared);
}
TEST_CASE("an append of an older term is refused") {
  check_needed(rule::refuse_older_term, append_of_an_older_term_is_refused);
}
TEST_CASE("a delayed append from before the log's beginning does no harm") {
  check_needed(rule::skip_committed, append_from_before_the_log_is_harmless);
}
TEST_CASE("a replica votes once a term") { check_needed(rule::one_vote, one_vote_a_term); }
TEST_CASE("a candidate that lacks an entry gets no vote") {
  check_needed(rule::vote_up_to_date, short_log_gets_no_vote);
}
TEST_CASE("a single voter leads in a new term") {
  check_needed(rule::vote_alone_new_term, alone_it_leads_in_a_new_term);
}
TEST_CASE("a candidate several terms behind is told so by a refused pre-vote") {
  auto o = small_group::quick();
  o.pre_vote = true;
  CHECK(pre_vote_finds_a_leader(o));
  o.rules = o.rules.without(rule::pre_vote_own_term);
  CHECK_FALSE(pre_vote_finds_a_leader(o));
}
TEST_CASE("a rejection of what was accepted since is ignored") {
  check_needed(rule::ignore_old_rejection, old_rejection_changes_nothing);
}
TEST_CASE("members are changed when an entry of the leader's own term is committed") {
  check_needed(rule::change_own_term, members_change_after_an_own_entry);
}
TEST_CASE("members are changed one at a time") {
  check_needed(rule::change_one_at_a_time, one_change_at_a_time);
}
TEST_CASE("a change of members that is replaced is forgotten") {
  check_needed(rule::change_rolled_back, replaced_change_is_forgotten);
}
