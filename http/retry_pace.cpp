#include "http/retry_pace.hpp"

#include <algorithm>
#include <cmath>

namespace dip::http {
namespace {

constexpr unsigned longest = 30;
constexpr milliseconds shortest_look{250};
// Served for each that is turned away, as it is aimed at.
constexpr double wanted = 4;

}  // namespace

void retry_pace::tick(steady_time now) {
  if (now - since_ < shortest_look) return;
  since_ = now;
  const auto served = static_cast<double>(served_.exchange(0));
  const auto away = static_cast<double>(turned_away_.exchange(0));
  // As many come back in a second as there are of them, by how long they wait.
  const auto by = std::clamp(wanted * away / std::max(served, 1.0), 0.8, 4.0);
  const auto next = static_cast<unsigned>(std::lround(middle_ * by));
  middle_ = std::clamp(next, shortest, longest);
}

unsigned retry_pace::wait(std::uint64_t who) const {
  const unsigned middle = middle_;
  // Fibonacci hashing: those that come one after the other are far apart.
  const auto spread = static_cast<unsigned>((who * 0x9E3779B97F4A7C15ULL) >> 32U);
  return std::max(1U, middle / 2 + spread % (middle + 1));
}

}  // namespace dip::http
