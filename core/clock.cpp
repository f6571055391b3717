#include "core/clock.hpp"

#include <array>
#include <cstdio>

namespace dip {
namespace {

struct civil {
  int year;
  unsigned month, day, weekday;
  int hour, minute, second, millis;
};

civil split(wall_time t) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{t - day};
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          std::chrono::weekday{day}.c_encoding(),
          static_cast<int>(time.hours().count()),
          static_cast<int>(time.minutes().count()),
          static_cast<int>(time.seconds().count()),
          static_cast<int>(time.subseconds().count())};
}

// `count` digits at `at`, or -1.
int digits(std::string_view text, size_t at, size_t count) {
  int value = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

wall_time system_clock::wall() const {
  return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
}

steady_time system_clock::steady() const { return std::chrono::steady_clock::now(); }

std::string to_rfc3339(wall_time t) {
  const civil c = split(t);
  std::array<char, 64> out{};
  const int n = std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", c.year, c.month,
                              c.day, c.hour, c.minute, c.second, c.millis);
  return {out.data(), static_cast<size_t>(n)};
}

std::string to_http_date(wall_time t) {
  static constexpr std::array weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const civil c = split(t);
  std::array<char, 64> out{};
  const int n =
      std::snprintf(out.data(), out.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT", weekdays.at(c.weekday),
                    c.day, months.at(c.month - 1), c.year, c.hour, c.minute, c.second);
  return {out.data(), static_cast<size_t>(n)};
}

result<wall_time> parse_rfc3339(std::string_view text) {
  const auto wrong = [&] { return fail(errc::bad_request, "not a time as 2026-03-04T05:06:07.089Z"); };
  const int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (text.size() < 20 || year < 0 || month < 1 || day < 1 || hour < 0 || hour > 23 || minute < 0 ||
      minute > 59 || second < 0 || second > 59 || text[4] != '-' || text[7] != '-' || text[10] != 'T' ||
      text[13] != ':' || text[16] != ':' || text.back() != 'Z')
    return wrong();
  int millis = 0;
  if (text.size() > 20) {
    if (text[19] != '.' || text.size() == 21) return wrong();
    int scale = 100;
    for (size_t i = 20; i + 1 < text.size(); ++i) {
      const int d = digits(text, i, 1);
      if (d < 0) return wrong();
      millis += d * scale;
      scale /= 10;
    }
  }
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return wrong();
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second} + milliseconds{millis};
}

}  // namespace dip
