// What a follower does with what its leader sends: sections 3.5 and 5.
#include <algorithm>
#include <iterator>

#include "consensus/core.hpp"

namespace dip::consensus {

// False when `from` is a leader no more.
bool core::accept_leader(update& u, node_id from, term_number term) {
  if (term < voted_.term && holds(rule::refuse_older_term)) {
    // Nothing was taken; the term says why.
    send(u, from, append_result{voted_.term, {}, {}});
    return false;
  }
  step_down(u, std::max(term, voted_.term), from);
  heard_ = now_;
  wait_for_leader();
  return true;
}

// What is committed here is the same in every later leader's log.
append_entries core::without_committed(append_entries m) const {
  if (m.prev_index >= commit_) return m;
  const auto known = std::min<std::uint64_t>(commit_.value - m.prev_index.value, m.entries.size());
  m.entries.erase(m.entries.begin(), m.entries.begin() + static_cast<std::ptrdiff_t>(known));
  m.prev_index = commit_;
  m.prev_term = log_.term_at(commit_);
  return m;
}

void core::receive_append(update& u, node_id from, append_entries m) {
  if (!accept_leader(u, from, m.term) || installing_) return;
  if (holds(rule::skip_committed)) m = without_committed(std::move(m));
  if (m.prev_index > last_ || log_.term_at(m.prev_index) != m.prev_term) return reject(u, from, m);
  const log_index end{m.prev_index.value + m.entries.size()};
  take_entries(u, m);
  if (u.fault) return;
  checked_ = std::max(checked_, end);
  const auto up_to = holds(rule::commit_checked) ? end : last_;
  commit_ = std::max(commit_, std::min(m.commit, up_to));
  // What is new is answered when it is durable.
  if (!u.append) answer_leader(u);
}

// The leader goes back over all entries of terms that it has not seen here, in one step.
void core::reject(update& u, node_id from, const append_entries& m) {
  auto last = std::min(last_, log_index{m.prev_index.value - 1});
  while (last > commit_ && log_.term_at(last) > m.prev_term) --last.value;
  send(u, from, append_result{voted_.term, m.prev_index, last});
}

void core::take_entries(update& u, append_entries& m) {
  size_t known = 0;
  for (; known < m.entries.size(); ++known) {
    const log_index at{m.prev_index.value + 1 + known};
    if (at > last_ || log_.term_at(at) != m.entries[known].term) break;
  }
  if (known == m.entries.size()) return;
  const log_index first{m.prev_index.value + 1 + known};
  if (first <= commit_) {
    u.fault = error{errc::corrupt, "a leader replaces committed entry " + std::to_string(first.value), {}};
    return;
  }
  m.entries.erase(m.entries.begin(), m.entries.begin() + static_cast<std::ptrdiff_t>(known));
  append(u, first, std::move(m.entries));
}

// How far this log is durable and known to be the leader's. Beyond what was compared there may be entries of
// others (the loss of libraft 0.15: docs/consensus.md).
void core::answer_leader(update& u) {
  if (leader_.value == 0 || leader_ == self_) return;
  const auto durable = holds(rule::answer_durable) ? stored_ : last_;
  const auto equal = holds(rule::answer_checked) ? checked_ : last_;
  send(u, leader_, append_result{voted_.term, {}, std::min(durable, equal)});
}

void core::receive_install(update& u, node_id from, const install_snapshot& m) {
  if (!accept_leader(u, from, m.term) || installing_) return;
  if (m.mark.index <= commit_ || log_.term_at(m.mark.index) == m.mark.term) {
    checked_ = std::max(checked_, m.mark.index);
    return answer_leader(u);
  }
  // Until the state is here this replica goes on as it is: it votes, and keeps what it has.
  if (fetching_ && fetching_->what.term >= m.term) return;
  fetching_ = offer{from, m};
  u.fetch = offered_snapshot{from, m.mark};
}

void core::snapshot_lost(log_index index) {
  if (fetching_ && fetching_->what.mark.index == index) fetching_.reset();
}

update core::snapshot_fetched(milliseconds now, log_index index) {
  auto u = begin(now);
  if (fetching_ && fetching_->what.mark.index == index) {
    const auto got = *std::exchange(fetching_, std::nullopt);
    const auto& mark = got.what.mark;
    const bool wanted = got.what.term == voted_.term && role_ == role::follower && mark.index > commit_ &&
                        log_.term_at(mark.index) != mark.term;
    if (wanted && !installing_) {
      installing_ = u.install = mark;
      writes_.overtake_from({1});
      last_ = mark.index;
      stored_ = checked_ = {};
      history_.begin(mark);
    }
  }
  finish(u);
  return u;
}

update core::snapshot_persisted(milliseconds now) {
  auto u = begin(now);
  if (installing_) {
    stored_ = commit_ = applied_ = installing_->index;
    // It is committed: every leader from now on has it.
    checked_ = std::max(checked_, commit_);
    installing_.reset();
    answer_leader(u);
  }
  finish(u);
  return u;
}

void core::receive_probe(update& u, node_id from, const read_probe& m) {
  // Whoever has gone on to a later term may have voted for a leader that knows more.
  if (m.term != voted_.term && holds(rule::ack_same_term)) return;
  if (role_ == role::leader) return;
  send(u, from, read_ack{m.term, m.sequence});
}

}  // namespace dip::consensus
