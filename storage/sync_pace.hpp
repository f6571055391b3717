// Whether a disk has become slow, by how long the log's syncs take: a node with such a disk does better not
// to lead.
#pragma once

#include <mutex>
#include <optional>

#include "core/clock.hpp"

namespace dip {

// `begin` and `end` on the writer's thread, in turns; `slow` on any.
class sync_pace {
public:
  // A sync that takes `slow_from` is slow; five of them in a row, or one that takes `hangs_from`, also before
  // it ends, make a slow disk. It is one until there was no slow sync for `rest`.
  static constexpr milliseconds slow_from{200}, hangs_from{2'000}, rest{10'000};
  static constexpr int in_a_row = 5;

  void begin(steady_time now);
  void end(steady_time now);
  [[nodiscard]] bool slow(steady_time now) const;

private:
  mutable std::mutex mutex_;
  std::optional<steady_time> begun_;
  steady_time last_slow_{};
  int slow_in_a_row_ = 0;
};

}  // namespace dip
