// What became of a message that was handed to somebody else's server.
#pragma once

#include <cstdint>
#include <string>

#include "core/clock.hpp"

namespace dip {

struct delivery {
  enum class outcome : std::uint8_t { sent, refused, try_again };
  outcome what = outcome::sent;
  std::string detail;          // what the server said last, one line
  bool of_address = false;     // refused for good because the address is no good, not this message or us
  milliseconds not_before{0};  // with `try_again`: the server asked to be left alone for so long
};

}  // namespace dip
