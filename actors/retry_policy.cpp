#include "actors/retry_policy.hpp"

#include <algorithm>

namespace dip {
namespace {

milliseconds doubled(milliseconds first, std::uint32_t times, milliseconds longest) {
  auto delay = first;
  for (std::uint32_t i = 0; i < times && delay < longest; ++i) delay *= 2;
  return std::min(delay, longest);
}

}  // namespace

retry_policy retry_policy::of(queue_name queue, const config& c) {
  retry_policy p;
  p.most_ = c.workers.max_receives;
  if (queue == queue_name::notifier) {
    p.ladder_ = true;
    p.first_ = c.smtp.retry_first;
    p.longest_ = c.smtp.retry_max;
    p.in_all_ = c.smtp.retry_for;
  } else {
    p.first_ = c.workers.backoff_min;
    p.longest_ = c.workers.backoff_max;
  }
  return p;
}

milliseconds retry_policy::extended(milliseconds delay, milliseconds wished, const queue_message& m,
                                    wall_time now) const {
  if (!ladder_) return std::max(delay, wished);
  const auto left = std::max(milliseconds{0}, m.enqueued_at + in_all_ - now);
  return std::max(delay, std::min(wished, left));
}

std::optional<milliseconds> retry_policy::after_failure(const queue_message& m, wall_time now,
                                                        std::uint64_t dice, milliseconds wished) const {
  if (ladder_) {
    // Twice the first delay, then doubling (SNS's ladder for mail servers).
    const auto delay = m.failed < 2 ? first_ : doubled(first_, m.failed - 1, longest_);
    if (now + delay > m.enqueued_at + in_all_) return std::nullopt;
    return extended(delay, wished, m, now);
  }
  if (m.failed + 1 >= most_) return std::nullopt;
  const auto bound = static_cast<std::uint64_t>(doubled(first_, m.failed, longest_).count());
  return extended(milliseconds{static_cast<std::int64_t>(dice % (bound + 1))}, wished, m, now);
}

std::optional<milliseconds> retry_policy::after_loss(const queue_message& m, wall_time now,
                                                     milliseconds wished) const {
  if (ladder_ ? now > m.enqueued_at + in_all_ : m.acquired >= most_ * 4) return std::nullopt;
  return extended(milliseconds{0}, wished, m, now);
}

}  // namespace dip
