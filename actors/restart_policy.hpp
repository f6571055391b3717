// When a supervisor makes a child again, and when it gives up. Plain: time comes in as an argument.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "core/clock.hpp"

namespace dip {

struct restart_config {
  std::uint32_t intensity = 5;  // restarts within `period` that are put up with
  milliseconds period{30'000};
  milliseconds first_delay{100};  // doubled at each restart within the period
  milliseconds longest_delay{5'000};
};

class restart_policy {
public:
  explicit restart_policy(restart_config config = {}) : config_(config) {}
  // A child went down at `now`: how long to wait before it is made again, or nothing: escalate.
  [[nodiscard]] std::optional<milliseconds> down(steady_time now);

private:
  restart_config config_;
  std::deque<steady_time> recent_;
};

}  // namespace dip
