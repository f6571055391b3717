// How long the supervisor waits before it starts a node again that ended.
#pragma once

#include <algorithm>

#include "core/clock.hpp"

namespace dip {

// 1 s, doubled with each end in a row up to 30 s; from the start again once the node has run for a minute.
// What ended well was asked to (`dip cluster restart`, an operator's SIGTERM) and is started at once, unless
// it did so within a second: that is no node.
class restart_delay {
public:
  static constexpr milliseconds first{1'000}, longest{30'000}, healthy{60'000}, shortest_run{1'000};

  milliseconds after(bool ended_well, milliseconds ran) {
    if (ran >= healthy) next_ = first;
    if (ended_well && ran >= shortest_run) return milliseconds{0};
    const auto out = next_;
    next_ = std::min(next_ * 2, longest);
    return out;
  }

private:
  milliseconds next_ = first;
};

}  // namespace dip
