// How long those who found no room are to stay away: so long that turning them away again costs little of
// what is done for the others.
#pragma once

#include <atomic>
#include <cstdint>

#include "core/clock.hpp"

namespace dip::http {

// Any thread; `tick` by one at a time.
class retry_pace {
public:
  void served() { ++served_; }
  void turned_away() { ++turned_away_; }
  // Now and then: looks back at what came since a quarter of a second ago or more.
  void tick(steady_time now);
  // Seconds, 1 or more. For each `who` a little other ones: they are not to come back all at once.
  [[nodiscard]] unsigned wait(std::uint64_t who) const;

private:
  std::atomic<std::uint64_t> served_{0}, turned_away_{0};
  std::atomic<unsigned> middle_{shortest};
  steady_time since_{};

  static constexpr unsigned shortest = 2;
};

}  // namespace dip::http
