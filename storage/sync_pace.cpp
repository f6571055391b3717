#include "storage/sync_pace.hpp"

namespace dip {

void sync_pace::begin(steady_time now) {
  const std::lock_guard lock{mutex_};
  begun_ = now;
}

void sync_pace::end(steady_time now) {
  const std::lock_guard lock{mutex_};
  const auto took = now - *begun_;
  begun_.reset();
  if (slow_in_a_row_ >= in_a_row && now - last_slow_ >= rest) slow_in_a_row_ = 0;
  if (took >= slow_from) {
    slow_in_a_row_ = took >= hangs_from ? in_a_row : slow_in_a_row_ + 1;
    last_slow_ = now;
  } else if (slow_in_a_row_ < in_a_row) {
    slow_in_a_row_ = 0;
  }
}

bool sync_pace::slow(steady_time now) const {
  const std::lock_guard lock{mutex_};
  if (begun_ && now - *begun_ >= hangs_from) return true;
  return slow_in_a_row_ >= in_a_row && now - last_slow_ < rest;
}

}  // namespace dip
