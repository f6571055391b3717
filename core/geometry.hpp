// How large an image is after a step. Pure, and the same for the plan, which checks, and the codec, which
// does it.
#pragma once

#include <cstdint>
#include <optional>

#include "core/recipe.hpp"

namespace dip {

struct image_size {
  std::uint32_t width = 0;
  std::uint32_t height = 0;

  [[nodiscard]] std::uint64_t pixels() const { return std::uint64_t{width} * height; }
  [[nodiscard]] image_size swapped() const { return {height, width}; }
  // Whether both sides are at least those of `other`.
  [[nodiscard]] bool covers(image_size other) const { return width >= other.width && height >= other.height; }
  bool operator==(const image_size&) const = default;
};

// The image is scaled to `scaled_width` × `scaled_height`, then cropped (cover) or padded (contain) to
// `out_width` × `out_height`; without a crop or padding the two are equal. No side is ever 0.
struct resize_result {
  std::uint32_t scaled_width = 0;
  std::uint32_t scaled_height = 0;
  std::uint32_t out_width = 0;
  std::uint32_t out_height = 0;

  [[nodiscard]] image_size scaled() const { return {scaled_width, scaled_height}; }
  [[nodiscard]] image_size out() const { return {out_width, out_height}; }
  bool operator==(const resize_result&) const = default;
};

// What `resize` makes of an image of `width` × `height`, neither of them 0. Rounds as sharp does: each side
// to the nearest pixel, halves up. Without `enlarge` no side grows by scaling, and cover crops to what there
// is; contain pads all the same. With one side given and fit fill the other side stays as it is.
[[nodiscard]] resize_result resize_geometry(std::uint32_t width, std::uint32_t height,
                                            const operation& resize);

// The largest size of the same proportions that lies within the bounds; `size` itself when it does already.
[[nodiscard]] image_size fit_inside(image_size size, std::optional<std::uint32_t> max_width,
                                    std::optional<std::uint32_t> max_height);

// How many quarter turns clockwise `degrees` is, 0 to 3; nothing when it is no multiple of 90.
[[nodiscard]] std::optional<unsigned> quarter_turns(double degrees);

// With the edges that `extend` adds.
[[nodiscard]] image_size extend_geometry(image_size size, const operation& extend);

// The smallest upright rectangle around the turned image.
[[nodiscard]] image_size rotate_geometry(image_size size, double degrees);

}  // namespace dip
