// Elections: sections 3.4 and 3.6.1, with pre-vote (9.6) and the hand-over of leadership (3.10).
#include <algorithm>

#include "consensus/core.hpp"
#include "core/codec.hpp"

namespace dip::consensus {

void core::wait_for_leader() {
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  const auto spread =
      static_cast<std::int64_t>(random_ % static_cast<std::uint64_t>(options_.election_timeout.count() + 1));
  deadline_ = now_ + options_.election_timeout + milliseconds{spread};
}

void core::step_down(update& u, term_number term, node_id leader) {
  if (term > voted_.term) {
    voted_ = {term, {}};
    u.voted = voted_;
    checked_ = {};
  }
  if (role_ == role::leader) {
    followers_.clear();
    backlog_.clear();
    hand_over_.reset();
    catch_up_.reset();
    for (const auto id : reads_.clear()) u.given_up.push_back(id);
    checked_ = {};
  }
  if (role_ != role::follower) wait_for_leader();
  role_ = role::follower;
  leader_ = leader;
}

void core::campaign(update& u, bool pre_vote, bool disrupt_leader) {
  wait_for_leader();
  const auto present = members();
  // Only what cannot be lost again may be claimed: as long as the disk writes, others go first.
  if (!present.is_voter(self_) || stored_ < last_ || installing_) return;
  const bool alone = present.voters().size() == 1;
  pre_voting_ = pre_vote && !alone;
  role_ = role::candidate;
  leader_ = {};
  granted_ = {self_};
  checked_ = {};
  // Alone too: an earlier life may have sent entries of this term, and lost them.
  if (!pre_voting_ && (!alone || holds(rule::vote_alone_new_term))) {
    voted_ = {{voted_.term.value + 1}, self_};
    u.voted = voted_;
  }
  if (alone) return lead(u);
  const term_number term{voted_.term.value + (pre_voting_ ? 1 : 0)};
  for (const auto v : present.voters())
    if (v != self_) send(u, v, request_vote{term, last_, term_at(last_, u), disrupt_leader, pre_voting_});
}

void core::lead(update& u) {
  role_ = role::leader;
  leader_ = self_;
  granted_.clear();
  followers_.begin(members(), self_, last_, now_);
  // An entry of its own term tells a leader, and its followers, what is committed (section 6.4).
  append(u, {last_.value + 1}, {{voted_.term, entry_kind::no_op, {}}});
  for (auto& [id, f] : followers_.all()) send_append(u, id, f);
}

// The new members are an entry of the new term: what is in the log before it counts as soon as they have it.
result<update> core::take_over(milliseconds now, term_number term, const membership& members) {
  if (term <= voted_.term) return fail(errc::bad_request, "that term has begun already");
  if (!members.is_voter(self_)) return fail(errc::bad_request, "this replica would not be a voter");
  auto u = begin(now);
  if (hears_leader()) return fail(errc::conflict, "there is a leader");
  if (stored_ < last_ || installing_) return fail(errc::conflict, "this replica's disk still writes");
  step_down(u, term, {});
  voted_.vote = self_;
  u.voted = voted_;
  role_ = role::leader;
  leader_ = self_;
  pre_voting_ = false;
  granted_.clear();
  followers_.begin(members, self_, last_, now_);
  append(u, {last_.value + 1}, {{voted_.term, entry_kind::members, encode(members)}});
  for (auto& [id, f] : followers_.all()) send_append(u, id, f);
  finish(u);
  return u;
}

// Within an election timeout of a leader's message nobody else is needed (section 4.2.3).
bool core::hears_leader() const {
  return role_ == role::leader || (leader_.value > 0 && now_ - heard_ < options_.election_timeout);
}

bool core::is_up_to_date(const request_vote& m) const {
  if (!holds(rule::vote_up_to_date)) return true;
  const auto own = log_.term_at(last_);
  return m.last_term > own || (m.last_term == own && m.last_index >= last_);
}

// A vote depends on terms and logs alone, not on what this replica believes about members: its own list may
// be the outdated one (section 4.1).
void core::receive_vote_request(update& u, node_id from, const request_vote& m) {
  const bool disturbs = hears_leader() && !m.disrupt_leader;
  if (!disturbs && !m.pre_vote && m.term > voted_.term) step_down(u, m.term, {});
  const bool free = m.pre_vote || !holds(rule::one_vote) || voted_.vote.value == 0 || voted_.vote == from;
  const bool current = m.pre_vote ? m.term > voted_.term : m.term == voted_.term;
  const bool granted = !disturbs && current && free && role_ != role::leader && is_up_to_date(m);
  if (granted && !m.pre_vote && voted_.vote != from) {
    voted_.vote = from;
    u.voted = voted_;
    wait_for_leader();
  }
  // A refusal tells the own term: a candidate that is several behind would never learn of it.
  const bool own = !m.pre_vote || (!granted && holds(rule::pre_vote_own_term));
  send(u, from, vote_result{own ? voted_.term : m.term, granted, m.pre_vote});
}

void core::receive_vote_result(update& u, node_id from, const vote_result& m) {
  const bool of_this_round = role_ == role::candidate && m.pre_vote == pre_voting_;
  const term_number asked{voted_.term.value + (m.pre_vote ? 1 : 0)};
  if (m.granted && of_this_round && m.term == asked) {
    granted_.insert(from);
    const auto voters = members().voters();
    const auto yes =
        std::count_if(voters.begin(), voters.end(), [&](node_id v) { return granted_.contains(v); });
    if (static_cast<size_t>(yes) < members().majority()) return;
    if (pre_voting_) return campaign(u, false, false);
    return lead(u);
  }
  // A granted pre-vote has the term that was asked about, which nobody is in yet.
  const bool tells_term = !m.pre_vote || (!m.granted && holds(rule::pre_vote_own_term));
  if (tells_term && m.term > voted_.term) step_down(u, m.term, {});
}

void core::receive_timeout_now(update& u, node_id from, const timeout_now& m) {
  if (role_ != role::follower || m.term != voted_.term || from != leader_) return;
  campaign(u, false, true);
}

}  // namespace dip::consensus
