// cluster.conf's values in words. For core/config*.cpp.
#pragma once

#include <cstdint>
#include <string>

#include "core/clock.hpp"

namespace dip {

// What `parse_size` and `parse_duration` read: "64 MiB", "30s"; always the largest unit that gives a whole
// number.
[[nodiscard]] std::string size_text(std::uint64_t bytes);
[[nodiscard]] std::string duration_text(milliseconds time);

}  // namespace dip
