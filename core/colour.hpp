// Colours as requests write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace dip {

// sRGB, 8 bits a channel, alpha not multiplied in.
struct colour {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;
  std::uint8_t alpha = 255;
  bool operator==(const colour&) const = default;
};

// "#rgb", "#rgba", "#rrggbb", "#rrggbbaa" in either case, and the words black, white, gray, grey, red, green,
// blue, yellow, orange, transparent as CSS has them; nothing for any other text.
[[nodiscard]] std::optional<colour> parse_colour(std::string_view text);

}  // namespace dip
