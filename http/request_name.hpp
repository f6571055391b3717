// The name of one exchange: X-Request-Id.
#pragma once

#include <string>
#include <string_view>

#include "core/clock.hpp"

namespace dip::http {

// `given` where it is 1 to 128 of [A-Za-z0-9._-], otherwise a new ULID.
[[nodiscard]] std::string request_name(std::string_view given, wall_time now);

}  // namespace dip::http
