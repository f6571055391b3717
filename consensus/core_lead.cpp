// What a leader is asked to do.
#include <algorithm>
#include <utility>

#include "consensus/core.hpp"
#include "core/codec.hpp"

namespace dip::consensus {
namespace {

size_t bytes_of(const std::vector<std::string>& commands) {
  size_t sum = 0;
  for (const auto& c : commands) sum += c.size();
  return sum;
}

// The one member in which two memberships differ; nothing when they differ in none or in several.
std::optional<node_id> single_difference(const membership& a, const membership& b) {
  std::optional<node_id> found;
  const auto look = [&](const membership& in, const membership& other) {
    for (const auto& m : in.members) {
      if (other.role_of(m.id) == m.role || found == m.id) continue;
      if (found) return false;
      found = m.id;
    }
    return true;
  };
  if (!look(a, b) || !look(b, a)) return std::nullopt;
  return found;
}

}  // namespace

result<void> core::may_propose() const {
  if (role_ != role::leader) return fail(errc::not_leader, "this replica does not lead its partition");
  if (hand_over_) return fail(errc::not_leader, "the leadership is being handed over");
  return {};
}

proposal core::submit(update u, std::vector<replicated_entry> entries) {
  const log_index first{last_.value + 1};
  for (auto& e : entries) e.term = voted_.term;
  backlog_.add(first, entries);
  append(u, first, std::move(entries));
  finish(u);
  return {first, voted_.term, std::move(u)};
}

result<proposal> core::propose(milliseconds now, std::vector<std::string> commands) {
  if (auto may = may_propose(); !may) return tl::make_unexpected(may.error());
  if (commands.empty()) return fail(errc::bad_request, "nothing to propose");
  if (backlog_.entries() + commands.size() > options_.max_backlog_entries ||
      (backlog_.entries() > 0 && backlog_.bytes() + bytes_of(commands) > options_.max_backlog_bytes))
    return fail(errc::overloaded, "busy: too much is waiting for a majority");
  std::vector<replicated_entry> entries;
  entries.reserve(commands.size());
  for (auto& c : commands) entries.push_back({{}, entry_kind::normal, std::move(c)});
  return submit(begin(now), std::move(entries));
}

result<proposal> core::barrier(milliseconds now) {
  if (auto may = may_propose(); !may) return tl::make_unexpected(may.error());
  return submit(begin(now), {{{}, entry_kind::no_op, {}}});
}

bool core::changing() const { return history_.at(last_).first > commit_ || catch_up_.has_value(); }

result<proposal> core::change(milliseconds now, const membership& wanted) {
  if (auto may = may_propose(); !may) return tl::make_unexpected(may.error());
  if (auto may = may_change(wanted); !may) return tl::make_unexpected(may.error());
  return submit(begin(now), {{{}, entry_kind::members, encode(wanted)}});
}

result<void> core::may_change(const membership& wanted) const {
  const auto present = members();
  const auto who = single_difference(present, wanted);
  if (!who) return fail(errc::bad_request, "members are changed one at a time");
  const auto was = present.role_of(*who), will_be = wanted.role_of(*who);
  if (!was && will_be == member_role::voter)
    return fail(errc::bad_request, "a new member begins as a learner");
  if (was == member_role::voter && will_be)
    return fail(errc::bad_request, "a voter is removed, not made a learner");
  if (wanted.voters().empty()) return fail(errc::bad_request, "the last voter stays");
  if (*who == self_) return fail(errc::conflict, "the leader hands over before it is removed");
  if (changing() && holds(rule::change_one_at_a_time))
    return fail(errc::conflict, "another change of the members is on its way");
  if (will_be == member_role::voter && caught_up(*who) != catch_up_state::finished)
    return fail(errc::conflict, "the learner has not caught up");
  // A change that cannot be committed by those who are there would end the group: it is in force at once.
  if (!followers_.majority_heard(wanted, self_, now_ - options_.election_timeout))
    return fail(errc::conflict, "too few of the voters that would remain are heard");
  // Else two leaders can commit by majorities that share nobody (Ongaro, raft-dev, July 2015).
  if (!own_term_committed({}) && holds(rule::change_own_term))
    return fail(errc::conflict, "the leader does not know yet what is committed");
  return {};
}

result<update> core::catch_up(milliseconds now, node_id learner) {
  if (auto may = may_propose(); !may) return tl::make_unexpected(may.error());
  auto* f = followers_.find(learner);
  if (f == nullptr || members().is_voter(learner)) return fail(errc::not_found, "no such learner");
  if (changing()) return fail(errc::conflict, "another change of the members is on its way");
  auto u = begin(now);
  catch_up_ = catch_up_round{learner, last_, now_};
  f->catching_up = catch_up_state::running;
  f->heard = std::max(f->heard, now_);
  watch_catch_up(u);
  finish(u);
  return u;
}

catch_up_state core::caught_up(node_id learner) const {
  const auto* f = followers_.find(learner);
  return f == nullptr ? catch_up_state::none : f->catching_up;
}

log_index core::match(node_id member) const {
  if (role_ == role::leader && member == self_) return stored_;
  const auto* f = followers_.find(member);
  return f == nullptr ? log_index{} : f->match;
}

node_id core::furthest_voter() const {
  node_id best = self_;
  for (const auto v : members().voters())
    if (v != self_ && (best == self_ || match(v) > match(best))) best = v;
  return best;
}

result<update> core::transfer(milliseconds now, node_id to) {
  if (auto may = may_propose(); !may) return tl::make_unexpected(may.error());
  if (changing()) return fail(errc::conflict, "a change of the members is on its way");
  if (to.value == 0) to = furthest_voter();
  if (to == self_ || !members().is_voter(to)) return fail(errc::not_found, "no such voter to hand over to");
  auto u = begin(now);
  hand_over_ = hand_over{to, now_};
  if (match(to) == last_) send(u, to, timeout_now{voted_.term, last_, term_at(last_, u)});
  finish(u);
  return u;
}

bool core::own_term_committed(const update& u) const {
  return role_ == role::leader && term_at(commit_, u) == voted_.term;
}

result<asked_read> core::read(milliseconds now) {
  if (role_ != role::leader) return fail(errc::not_leader, "this replica does not lead its partition");
  auto u = begin(now);
  const auto id = reads_.add();
  finish(u);
  return asked_read{id, std::move(u)};
}

void core::serve_reads(update& u) {
  // Confirmed ones first: the next round begins when one has ended. A single voter confirms its own at once.
  for (bool again = reads_.waiting(); again;) {
    const auto counted = holds(rule::read_confirmed) ? members() : make_membership({self_});
    for (const auto& r : reads_.take_confirmed(counted, self_)) confirmed_.push_back(r);
    const bool knows = own_term_committed(u) || !holds(rule::read_own_term);
    again = knows && reads_.begin_round(commit_);
    if (again) send_probes(u);
  }
}

void core::send_probes(update& u) {
  probed_ = now_;
  for (const auto v : members().voters())
    if (v != self_) send(u, v, read_probe{voted_.term, reads_.round()});
}

}  // namespace dip::consensus
