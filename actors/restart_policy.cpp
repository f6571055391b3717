#include "actors/restart_policy.hpp"

#include <algorithm>

namespace dip {

std::optional<milliseconds> restart_policy::down(steady_time now) {
  while (!recent_.empty() && now - recent_.front() > config_.period) recent_.pop_front();
  if (recent_.size() >= config_.intensity) return std::nullopt;
  auto delay = config_.first_delay;
  for (size_t i = 0; i < recent_.size() && delay < config_.longest_delay; ++i) delay *= 2;
  recent_.push_back(now);
  return std::min(delay, config_.longest_delay);
}

}  // namespace dip
