// How a leader brings its log to the others: sections 3.5, 3.6.2, 5 and 10.2.1 (pipelining).
#include <algorithm>
#include <iterator>

#include "consensus/core.hpp"

namespace dip::consensus {
namespace {

// In messages of at most `bytes` of payload, but for an entry that is larger by itself.
std::vector<append_entries> split(append_entries m, size_t bytes) {
  auto entries = std::exchange(m.entries, {});
  std::vector<append_entries> out{m};
  size_t size = 0;
  for (auto& e : entries) {
    if (!out.back().entries.empty() && size + e.payload.size() > bytes) {
      auto next = m;
      next.prev_index = {out.back().prev_index.value + out.back().entries.size()};
      next.prev_term = out.back().entries.back().term;
      out.push_back(std::move(next));
      size = 0;
    }
    size += e.payload.size();
    out.back().entries.push_back(std::move(e));
  }
  return out;
}

}  // namespace

void core::tick_leader(update& u) {
  // Section 6.2: who is cut off tells its clients so, instead of leaving them waiting.
  if (!followers_.majority_heard(members(), self_, now_ - options_.election_timeout))
    return step_down(u, voted_.term, {});
  if (hand_over_ && now_ - hand_over_->since >= options_.election_timeout) hand_over_.reset();
  watch_catch_up(u);
  for (auto& [id, f] : followers_.all()) {
    if (f.sent && now_ < beat_after(*f.sent)) continue;
    if (f.mode != follower_mode::snapshot)
      send_append(u, id, f);
    else if (now_ - f.offered >= options_.election_timeout)
      offer_snapshot(u, id, f);
    else
      send_heartbeat(u, id, f);
  }
}

void core::replicate(update& u) {
  for (auto& [id, f] : followers_.all()) {
    const auto in_flight = f.next.value - f.match.value - 1;
    if (f.mode == follower_mode::pipeline && f.next <= last_ && in_flight < options_.max_inflight)
      send_append(u, id, f);
  }
}

void core::send_append(update& u, node_id to, follower& f) {
  const log_index prev{f.next.value - 1};
  const bool known = prev.value == 0 ? log_.first().value == 1 : term_at(prev, u).value > 0;
  if (!known) return offer_snapshot(u, to, f);
  const auto in_flight = f.mode == follower_mode::pipeline ? prev.value - f.match.value : 0;
  const auto room = options_.max_inflight > in_flight ? options_.max_inflight - in_flight : 0;
  send_parts(u, to, f, std::min<std::uint64_t>(last_.value - prev.value, room));
}

void core::send_parts(update& u, node_id to, follower& f, size_t count) {
  const log_index prev{f.next.value - 1};
  append_entries m{voted_.term, prev, term_at(prev, u), commit_, {}};
  if (count > 0) {
    auto entries = gather(u, f.next, count);
    if (!entries) {
      u.fault = entries.error();
      return;
    }
    m.entries = std::move(*entries);
  }
  f.sent = now_;
  auto parts = split(std::move(m), options_.max_message_bytes);
  if (f.mode == follower_mode::probe) parts.resize(1);
  for (auto& part : parts) {
    if (f.mode == follower_mode::pipeline) f.next.value += part.entries.size();
    send(u, to, std::move(part));
  }
}

// Says only who leads; where it agrees with this log is not known.
void core::send_heartbeat(update& u, node_id to, follower& f) {
  f.sent = now_;
  send(u, to, append_entries{voted_.term, {}, {}, {}, {}});
}

void core::offer_snapshot(update& u, node_id to, follower& f) {
  f.mode = follower_mode::snapshot;
  f.snapshot = log_.snapshot().index;
  f.sent = f.offered = now_;
  send(u, to, install_snapshot{voted_.term, log_.snapshot()});
}

// Out of the log, and behind it what this very update appends.
result<std::vector<replicated_entry>> core::gather(const update& u, log_index from, size_t count) const {
  std::vector<replicated_entry> out;
  while (out.size() < count) {
    const log_index next{from.value + out.size()};
    if (u.append && next >= u.append->first) {
      const auto begin =
          u.append->entries.begin() + static_cast<std::ptrdiff_t>(next.value - u.append->first.value);
      out.insert(out.end(), begin, begin + static_cast<std::ptrdiff_t>(count - out.size()));
      break;
    }
    log_index to{next.value + (count - out.size()) - 1};
    if (u.append) to = std::min(to, log_index{u.append->first.value - 1});
    auto some = log_.entries(next, to, options_.max_message_bytes);
    if (!some) return some;
    std::move(some->begin(), some->end(), std::back_inserter(out));
  }
  return out;
}

void core::receive_append_result(update& u, node_id from, const append_result& m) {
  if (m.term > voted_.term) return step_down(u, m.term, {});
  auto* f = followers_.find(from);
  if (role_ != role::leader || m.term < voted_.term || f == nullptr) return;
  f->heard = now_;
  if (m.rejected.value > 0) return follow_rejection(u, from, *f, m);
  f->match = std::max(f->match, std::min(m.last, last_));
  f->next = std::max(f->next, log_index{f->match.value + 1});
  if (f->mode == follower_mode::snapshot && f->match < f->snapshot) return;
  f->mode = follower_mode::pipeline;
  watch_catch_up(u);
  if (hand_over_ && hand_over_->to == from && f->match == last_)
    send(u, from, timeout_now{voted_.term, last_, term_at(last_, u)});
}

void core::follow_rejection(update& u, node_id from, follower& f, const append_result& m) {
  if (f.mode == follower_mode::snapshot) return;
  if (holds(rule::ignore_old_rejection)) {
    if (m.rejected <= f.match) return;
    if (f.mode == follower_mode::probe && m.rejected.value != f.next.value - 1) return;
  }
  f.mode = follower_mode::probe;
  f.next = std::min(m.rejected, log_index{m.last.value + 1});
  if (holds(rule::ignore_old_rejection)) f.next = std::max(f.next, log_index{f.match.value + 1});
  send_append(u, from, f);
}

void core::advance_commit() {
  const auto held = followers_.majority_match(members(), self_, stored_);
  // Of an earlier term's entry a majority may be overwritten yet (figure 3.7).
  const bool own = log_.term_at(held) == voted_.term || !holds(rule::commit_own_term);
  if (held > commit_ && own) commit_ = held;
  backlog_.committed(commit_);
}

// Section 4.2.1: rounds, each up to where the log was when it began; one that was quick enough is the last.
void core::watch_catch_up(update&) {
  if (!catch_up_) return;
  auto* f = followers_.find(catch_up_->learner);
  const auto end = [&](catch_up_state as) {
    if (f != nullptr) f->catching_up = as;
    catch_up_.reset();
  };
  constexpr int most_rounds = 10;
  if (f == nullptr || now_ - f->heard >= 5 * options_.election_timeout || catch_up_->number > most_rounds)
    return end(catch_up_state::aborted);
  if (f->match < catch_up_->goal || f->mode == follower_mode::snapshot) return;
  if (f->match == last_ || now_ - catch_up_->since < options_.election_timeout)
    return end(catch_up_state::finished);
  catch_up_ = {catch_up_->learner, last_, now_, catch_up_->number + 1};
}

}  // namespace dip::consensus
