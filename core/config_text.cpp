#include "core/config_text.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "core/config.hpp"

namespace dip {
namespace {

struct unit {
  std::string_view name;
  std::uint64_t worth;
};

constexpr std::array<unit, 8> size_units{{{"TiB", 1024ULL * 1024 * mebibyte},
                                          {"GiB", 1024 * mebibyte},
                                          {"MiB", mebibyte},
                                          {"KiB", 1024},
                                          {"GB", 1'000'000'000},
                                          {"MB", 1'000'000},
                                          {"kB", 1'000},
                                          {"B", 1}}};
constexpr std::array<unit, 5> duration_units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

// A whole number and a unit with at most one space between; nothing when it is not, or does not fit.
template <size_t N>
std::optional<std::uint64_t> parse_amount(std::string_view text, const std::array<unit, N>& units,
                                          std::string_view default_unit) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (text.size() > 1 && text.front() == ' ') text.remove_prefix(1);
  if (text.empty()) text = default_unit;
  for (const auto& u : units)
    if (u.name == text) {
      if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / u.worth)
        return std::nullopt;
      return number * u.worth;
    }
  return std::nullopt;
}

}  // namespace

result<std::uint64_t> parse_size(std::string_view text) {
  if (const auto bytes = parse_amount(text, size_units, "B")) return *bytes;
  return fail(errc::bad_request, "not a size as \"64 MiB\", \"512 KiB\", \"1 GiB\" or \"1000\" (bytes)");
}

result<milliseconds> parse_duration(std::string_view text) {
  if (const auto ms = parse_amount(text, duration_units, ""))
    return milliseconds(static_cast<std::int64_t>(*ms));
  return fail(errc::bad_request, "not a duration as \"500ms\", \"30s\", \"5m\", \"2h\" or \"7d\"");
}

std::string size_text(std::uint64_t bytes) {
  for (const auto& u : size_units)
    if (u.name.size() == 3 && bytes != 0 && bytes % u.worth == 0)
      return std::to_string(bytes / u.worth) + " " + std::string(u.name);
  return std::to_string(bytes);
}

std::string duration_text(milliseconds time) {
  const auto ms = static_cast<std::uint64_t>(time.count());
  for (const auto& u : duration_units)
    if (ms != 0 && ms % u.worth == 0) return std::to_string(ms / u.worth) + std::string(u.name);
  return "0s";
}

}  // namespace dip
