// The operations on pixels, one file each. An image between two steps is sRGB of 8 bits, with or without
// alpha; a step returns its input when it has nothing to do.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/recipe.hpp"
#include "imaging/codec/library.hpp"

namespace dip::pixels {

// The images that are laid over others, decoded once for all outputs.
struct watermark {
  std::string_view key;
  VImage image;
};

VImage do_resize(const VImage& image, const operation& op);
VImage do_crop(const VImage& image, const operation& op);
VImage do_rotate(const VImage& image, const operation& op);
VImage do_flip(const VImage& image, const operation& op);
VImage do_flop(const VImage& image, const operation& op);
VImage do_grayscale(const VImage& image, const operation& op);
VImage do_blur(const VImage& image, const operation& op);
VImage do_sharpen(const VImage& image, const operation& op);
VImage do_modulate(const VImage& image, const operation& op);
VImage do_text(const VImage& image, const operation& op);
VImage do_watermark(const VImage& image, const operation& op, std::span<const watermark> watermarks);

// All of them in order. Throws `refusal` for an operation that is not in the table.
[[nodiscard]] VImage apply(VImage image, std::span<const operation> operations,
                           std::span<const watermark> watermarks);

}  // namespace dip::pixels
