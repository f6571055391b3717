#include "actors/queue_lines.hpp"

#include <algorithm>
#include <utility>

namespace dip {

void queue_lines::forget_deadline(const slot& s) {
  if (s.at != place::ready) deadlines_.erase({s.deadline, s.message.ref.id});
  if (s.at == place::leased) --leased_;
}

void queue_lines::put(slot& s, place at, steady_time deadline) {
  const auto id = s.message.ref.id;
  forget_deadline(s);
  ready_.erase(id);
  s.at = at;
  s.deadline = deadline;
  if (at == place::leased) ++leased_;
  if (at == place::ready) {
    ready_.insert(id);
    ++arrivals_;
  } else {
    deadlines_.insert({deadline, id});
  }
}

void queue_lines::apply(queue_change::kind what, const queue_message& m, steady_time now, wall_time wall) {
  if (what == queue_change::kind::paused || what == queue_change::kind::resumed)
    return pause(what == queue_change::kind::paused);
  const auto id = m.ref.id;
  if (what == queue_change::kind::removed || what == queue_change::kind::died) {
    if (const auto it = slots_.find(id); it != slots_.end()) {
      forget_deadline(it->second);
      ready_.erase(id);
      slots_.erase(it);
      ++out_;
    }
    if (what == queue_change::kind::died) ++dead_;
    if (what == queue_change::kind::removed && m.dead && dead_ > 0) --dead_;
    return;
  }
  const auto [it, is_new] = slots_.try_emplace(id);
  slot& s = it->second;
  s.message = m;
  if (what == queue_change::kind::leased) ++acquired_;
  if (what == queue_change::kind::returned) ++returned_;
  if (is_new) ++in_;
  if (m.leased) {
    if (s.at == place::leased && s.token == m.leased->token)
      return;  // handed out before its entry was applied
    s.token = m.leased->token;
    put(s, place::leased, now + visibility_);
  } else if (m.visible_at > wall) {
    put(s, place::delayed, now + (m.visible_at - wall));
  } else {
    put(s, place::ready, {});
  }
}

std::vector<queue_lines::grant> queue_lines::take(std::uint32_t most, std::uint64_t term,
                                                  std::uint64_t& counter, steady_time now,
                                                  const room& wait_for) {
  std::vector<grant> out;
  std::uint32_t passed_over = 0;
  auto next = ready_.begin();
  while (!paused_ && out.size() < most && next != ready_.end() && passed_over < most_passed_over) {
    slot& s = slots_.at(*next++);
    const auto wait = wait_for ? wait_for(s.message) : milliseconds{0};
    if (wait != milliseconds{0}) {
      if (wait) put(s, place::delayed, now + *wait);
      ++passed_over;
      continue;
    }
    s.token = {term, ++counter};
    put(s, place::leased, now + visibility_);
    out.push_back({s.message, s.token});
  }
  return out;
}

void queue_lines::undo(message_id id, fencing_token token, steady_time now, milliseconds delay) {
  const auto it = slots_.find(id);
  if (it == slots_.end() || it->second.at != place::leased || it->second.token != token) return;
  put(it->second, place::delayed, now + delay);
}

bool queue_lines::renew(message_id id, fencing_token token, steady_time now) {
  if (held(id, token) == nullptr) return false;
  put(slots_.at(id), place::leased, now + visibility_);
  return true;
}

const queue_message* queue_lines::held(message_id id, fencing_token token) const {
  const auto it = slots_.find(id);
  if (it == slots_.end() || it->second.at != place::leased || it->second.token != token) return nullptr;
  return &it->second.message;
}

std::vector<queue_lines::grant> queue_lines::expire(steady_time now) {
  std::vector<grant> ran_out;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    slot& s = slots_.at(deadlines_.begin()->second);
    if (s.at == place::delayed) {
      put(s, place::ready, {});
    } else {
      ran_out.push_back({s.message, s.token});
      put(s, place::leased, now + visibility_);
    }
  }
  return ran_out;
}

std::optional<steady_time> queue_lines::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

queue_figures queue_lines::figures(wall_time wall) const {
  queue_figures f;
  f.visible = ready_.size();
  f.dead = dead_;
  f.in_total = in_;
  f.paused = paused_;
  f.acquired_total = acquired_;
  f.returned_total = returned_;
  f.out_total = out_;
  f.in_flight = leased_;
  f.delayed = deadlines_.size() - leased_;
  if (!ready_.empty()) {
    const auto age = wall - slots_.at(*ready_.begin()).message.enqueued_at;
    f.oldest_age_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, age.count()));
  }
  return f;
}

}  // namespace dip
