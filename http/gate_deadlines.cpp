// What the gate does when a time is up; all of it on the gate's own thread.
#include <algorithm>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include "http/gate.hpp"

namespace dip::http {
namespace {

constexpr milliseconds sweep_every{500};
constexpr milliseconds sweep_while_stopping{20};
constexpr size_t sweep_share = 1024;  // connections at a time: newcomers must not wait for the rest

}  // namespace

int gate::patience() const {
  const auto now = time_.steady();
  auto until = std::max(next_sweep_, now);
  {
    const std::lock_guard lock{timers_mutex_};
    if (!timers_.empty()) until = std::min(until, timers_.begin()->first);
  }
  const auto left = std::chrono::ceil<milliseconds>(until - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, sweep_every.count()));
}

void gate::sweep(steady_time now) {
  size_t places = 0;
  {
    const std::lock_guard lock{table_mutex_};
    places = table_.size();
  }
  if (sweep_at_ >= places) sweep_at_ = 0;
  const auto first = stopping_ ? 0 : std::exchange(sweep_at_, sweep_at_ + sweep_share);
  next_sweep_ =
      now + (stopping_ ? sweep_while_stopping : sweep_every / static_cast<int>(places / sweep_share + 1));
  if (!listening_ && listener_ >= 0) take_newcomers(true);
  pace_.tick(now);
  const bool over = stopping_ && now.time_since_epoch() >= milliseconds{stop_at_};
  for (const auto& c : all(first, stopping_ ? places : sweep_share)) {
    state was{};
    {
      const std::lock_guard lock{c->mutex};
      was = c->now;
      if (over) ::shutdown(c->descriptor, SHUT_RDWR);  // whoever works on it finds out
      const bool waits_for_nothing = was != state::sending && was != state::linger;
      if (was == state::working || was == state::dead ||
          (now < c->deadline && !(stopping_ && waits_for_nothing) && !over))
        continue;
      c->now = state::working;
    }
    expire(c, was);
  }
}

void gate::expire(const conn& c, state was) {
  switch (was) {
    case state::head:
      if (stopping_ || (c->received().empty() && !c->current)) return drop(c);
      ++timed_out_;
      return refuse(c, {errc::timeout, "the request did not arrive in time", {}});
    case state::sending: ++timed_out_; return abandon(c, "the client did not read its answer in time");
    case state::parked: return submit_again(c, task::resume);
    case state::events:
      if (stopping_) {
        c->current->last_event = true;
        return submit_again(c, task::events);
      }
      if (!c->out.empty()) return abandon(c, "the client did not read its events in time");
      c->out = ":\n\n";
      return flush_events(c);
    default: return drop(c);
  }
}

void gate::fire_timers(steady_time now) {
  std::vector<conn> due;
  {
    const std::lock_guard lock{timers_mutex_};
    const auto end = timers_.upper_bound(now);
    for (auto t = timers_.begin(); t != end; ++t)
      if (auto c = t->second.lock()) due.push_back(std::move(c));
    timers_.erase(timers_.begin(), end);
  }
  for (const auto& c : due) {
    {
      const std::lock_guard lock{c->mutex};
      if (c->now != state::parked || c->deadline > now) continue;
      c->now = state::working;
    }
    submit_again(c, task::resume);
  }
}

}  // namespace dip::http
