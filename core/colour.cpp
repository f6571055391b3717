#include "core/colour.hpp"

#include <array>
#include <utility>

namespace dip {
namespace {

constexpr std::array<std::pair<std::string_view, colour>, 10> words{{
    {"black", {0, 0, 0, 255}},
    {"white", {255, 255, 255, 255}},
    {"gray", {128, 128, 128, 255}},
    {"grey", {128, 128, 128, 255}},
    {"red", {255, 0, 0, 255}},
    {"green", {0, 128, 0, 255}},
    {"blue", {0, 0, 255, 255}},
    {"yellow", {255, 255, 0, 255}},
    {"orange", {255, 165, 0, 255}},
    {"transparent", {0, 0, 0, 0}},
}};

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<colour> parse_colour(std::string_view text) {
  for (const auto& [word, value] : words)
    if (word == text) return value;
  if (!text.starts_with('#')) return std::nullopt;
  text.remove_prefix(1);
  const auto count = text.size();
  if (count != 3 && count != 4 && count != 6 && count != 8) return std::nullopt;
  const size_t width = count <= 4 ? 1 : 2;
  std::array<int, 4> channels{0, 0, 0, 255};
  for (size_t i = 0; i * width < count; ++i) {
    const int high = digit_of(text[i * width]);
    const int low = digit_of(text[i * width + width - 1]);
    if (high < 0 || low < 0) return std::nullopt;
    channels[i] = high * 16 + low;
  }
  const auto byte = [&](size_t i) { return static_cast<std::uint8_t>(channels[i]); };
  return colour{byte(0), byte(1), byte(2), byte(3)};
}

}  // namespace dip
