#include "http/rate_limiter.hpp"

#include <algorithm>
#include <cmath>

namespace dip::http {
namespace {

constexpr milliseconds between_looks{1'000};

double seconds(steady_time::duration d) { return std::chrono::duration<double>{d}.count(); }

steady_time::duration time_for(double amount, const allowance& of) {
  // An hour is long enough to say "not now", and keeps the arithmetic away from infinity.
  const auto wanted = of.a_second > 0 ? amount / of.a_second : 3600.0;
  return std::chrono::duration_cast<steady_time::duration>(
      std::chrono::duration<double>{std::clamp(wanted, 0.0, 86'400.0)});
}

}  // namespace

rate_limiter::bucket_state* rate_limiter::fill(const std::string& who, const allowance& of, steady_time now) {
  if (now >= next_look_ || buckets_.size() >= most_) forget_full(now);
  const auto known = buckets_.find(who);
  if (known == buckets_.end() && buckets_.size() >= most_) return nullptr;
  auto& b = known == buckets_.end() ? buckets_.emplace(who, bucket_state{of.burst, now, now}).first->second
                                    : known->second;
  b.level = std::min(of.burst, b.level + seconds(now - b.at) * of.a_second);
  b.at = now;
  return &b;
}

std::optional<milliseconds> rate_limiter::take(const std::string& who, const allowance& of, steady_time now,
                                               double cost) {
  const std::lock_guard lock{mutex_};
  auto* b = fill(who, of, now);
  if (!b) return std::nullopt;
  // Time comes in steps, and fractions of a token do not add up exactly.
  constexpr double almost = 1e-9;
  if (b->level + almost < cost) {
    b->full_at = now + time_for(of.burst - b->level, of);
    return std::chrono::ceil<milliseconds>(time_for(cost - b->level, of));
  }
  b->level -= cost;
  b->full_at = now + time_for(of.burst - b->level, of);
  return std::nullopt;
}

void rate_limiter::charge(const std::string& who, const allowance& of, steady_time now, double cost) {
  const std::lock_guard lock{mutex_};
  auto* b = fill(who, of, now);
  if (!b) return;
  b->level -= cost;
  b->full_at = now + time_for(of.burst - b->level, of);
}

std::size_t rate_limiter::remembered() const {
  const std::lock_guard lock{mutex_};
  return buckets_.size();
}

void rate_limiter::forget_full(steady_time now) {
  if (now < next_look_) return;
  next_look_ = now + between_looks;
  std::erase_if(buckets_, [&](const auto& b) { return b.second.full_at <= now; });
}

}  // namespace dip::http
