#include "notify/destinations.hpp"

#include <algorithm>

#include "net/url.hpp"
#include "notify/address.hpp"

namespace dip {
namespace {

// Beyond so many, those that nobody has called for an hour are forgotten.
constexpr size_t many_breakers = 1'024;
constexpr std::chrono::hours old{1};

milliseconds until(steady_time when, steady_time now) {
  if (when <= now) return milliseconds{0};
  return std::chrono::ceil<milliseconds>(when - now);
}

}  // namespace

destination destination_of(const request_record& r, message_kind kind, const config& c) {
  if (kind != message_kind::webhook)
    return {"mail " + std::string(domain_of(normal_address(r.email))), c.smtp.per_domain, {}};
  const auto url = net::parse_url(r.webhook);
  return {url ? url->origin() : r.webhook, c.webhooks.per_host, r.webhook};
}

milliseconds destinations::pause_of(const destination& to, steady_time now) const {
  const auto found = breakers_.find(to.endpoint);
  if (to.endpoint.empty() || found == breakers_.end()) return milliseconds{0};
  const auto& b = found->second;
  if (b.trying) return first_pause;
  return until(b.open_until, now);
}

milliseconds destinations::place_at(const destination& to) {
  const auto found = servers_.find(to.server);
  if (found == servers_.end() || found->second.busy < to.at_once) return milliseconds{0};
  const auto turn = ++found->second.waiting / to.at_once;
  return std::min(longest_busy_pause, busy_pause * (1 + turn));
}

milliseconds destinations::wait_for(const destination& to, steady_time now) {
  const std::lock_guard lock{mutex_};
  const auto pause = pause_of(to, now);
  return pause > milliseconds{0} ? pause : place_at(to);
}

milliseconds destinations::enter(const destination& to, steady_time now) {
  const std::lock_guard lock{mutex_};
  if (const auto pause = pause_of(to, now); pause > milliseconds{0}) return pause;
  if (const auto pause = place_at(to); pause > milliseconds{0}) return pause;
  ++servers_[to.server].busy;
  // Its pause is over: this one finds out, and the others wait for what it finds.
  if (const auto found = breakers_.find(to.endpoint);
      found != breakers_.end() && found->second.pause > milliseconds{0})
    found->second.trying = true;
  return milliseconds{0};
}

void destinations::fail(breaker& b, milliseconds left_alone, steady_time now) {
  ++b.failures;
  milliseconds pause{0};
  // What had begun before it was opened tells nothing new.
  if (b.failures >= failures_to_open && (b.pause == milliseconds{0} || b.trying))
    pause = b.pause = std::min(longest_pause, std::max(first_pause, b.pause * 2));
  b.trying = false;
  pause = std::max(pause, std::min(longest_pause, left_alone));
  b.open_until = std::max(b.open_until, now + pause);
}

void destinations::leave(const destination& to, bool failed, milliseconds left_alone, steady_time now) {
  const std::lock_guard lock{mutex_};
  if (const auto at = servers_.find(to.server); at != servers_.end()) {
    auto& s = at->second;
    if (s.waiting > 0) --s.waiting;
    if (--s.busy == 0) servers_.erase(at);
  }
  if (to.endpoint.empty()) return;
  if (!failed) {
    breakers_.erase(to.endpoint);
    return;
  }
  fail(breakers_[to.endpoint], left_alone, now);
  if (breakers_.size() > many_breakers) forget_old(now);
}

void destinations::forget_old(steady_time now) {
  std::erase_if(breakers_,
                [&](const auto& b) { return !b.second.trying && b.second.open_until + old < now; });
}

std::uint64_t destinations::open_breakers(steady_time now) const {
  const std::lock_guard lock{mutex_};
  return static_cast<std::uint64_t>(std::count_if(breakers_.begin(), breakers_.end(), [&](const auto& b) {
    return b.second.trying || b.second.open_until > now;
  }));
}

}  // namespace dip
