// Time comes from a clock that is handed in, so that tests can turn it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/errc.hpp"

namespace dip {

using std::chrono::milliseconds;

// A point of wall-clock time, UTC, to the millisecond: what records, entries and the API carry.
using wall_time = std::chrono::sys_time<milliseconds>;
// A point of monotonic time: what deadlines and leases are measured with. Means nothing in another process.
using steady_time = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

class clock {
public:
  virtual ~clock() = default;
  [[nodiscard]] virtual wall_time wall() const = 0;
  [[nodiscard]] virtual steady_time steady() const = 0;
};

// The operating system's clocks. Any thread.
class system_clock final : public clock {
public:
  [[nodiscard]] wall_time wall() const override;
  [[nodiscard]] steady_time steady() const override;
};

// "2026-03-04T05:06:07.089Z" (RFC 3339, always UTC, always milliseconds).
[[nodiscard]] std::string to_rfc3339(wall_time t);
// Accepts what `to_rfc3339` gives, and the same without or with more digits of a fraction; UTC only ("Z").
[[nodiscard]] result<wall_time> parse_rfc3339(std::string_view text);
// "Wed, 04 Mar 2026 05:06:07 GMT" (RFC 9110, section 5.6.7: IMF-fixdate).
[[nodiscard]] std::string to_http_date(wall_time t);

}  // namespace dip
