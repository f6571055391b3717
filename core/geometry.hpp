// What operations do to an image's size. Pure arithmetic: the plan predicts with it, and the codec obeys it.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/recipe.hpp"

namespace dip {

// Pixels; neither side is ever 0.
struct image_size {
  std::uint32_t width = 1;
  std::uint32_t height = 1;
  [[nodiscard]] std::uint64_t pixels() const { return std::uint64_t{width} * height; }
  bool operator==(const image_size&) const = default;
};

// Where something smaller is put in, or something is cut out of, a larger canvas: 0 is left or top, 1 the
// middle, 2 right or bottom.
struct gravity {
  int column = 1;
  int row = 1;
  bool operator==(const gravity&) const = default;
};
// "centre", "top" or "north", "right top" or "northeast" and so on; the middle for attention and entropy.
[[nodiscard]] gravity gravity_of(std::string_view position);

// A resize in two steps: the image is scaled to `scaled`, then cut or laid on a canvas so that it is
// `canvas`. Along each axis, where `canvas` is smaller it is cut, where it is larger background is added.
struct resize_steps {
  image_size scaled;
  image_size canvas;
  bool operator==(const resize_steps&) const = default;
};
// `op` is a resize. Without `enlarge` no axis is scaled up: cover may then be smaller than was asked, contain
// is filled up with background. Sides are bounded by 2^31 - 1.
[[nodiscard]] resize_steps resize_geometry(image_size from, const operation& op);

// Degrees as 0, 90, 180 or 270, or -1 when the angle is no multiple of 90.
[[nodiscard]] int quarter_turn(double angle);
// The box around the turned image.
[[nodiscard]] image_size rotated_size(image_size from, double angle);

// The largest size of the same shape that is in `bound`, never larger than `from`; a bound of 0 is none.
[[nodiscard]] image_size size_inside(image_size from, std::uint32_t max_width, std::uint32_t max_height);

}  // namespace dip
