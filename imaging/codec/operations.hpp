// The operations on pixels, one file each. An image between two steps is RGB of 8 bits, with or without
// alpha; a step returns its input when it has nothing to do. An animation goes through a step frame by frame.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
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

VImage do_crop(const VImage& image, const operation& op);
VImage do_extend(const VImage& image, const operation& op);
VImage do_rotate(const VImage& image, const operation& op);
VImage do_flip(const VImage& image, const operation& op);
VImage do_flop(const VImage& image, const operation& op);
VImage do_grayscale(const VImage& image, const operation& op);
VImage do_sepia(const VImage& image, const operation& op);
VImage do_tint(const VImage& image, const operation& op);
VImage do_negate(const VImage& image, const operation& op);
VImage do_modulate(const VImage& image, const operation& op);
VImage do_contrast(const VImage& image, const operation& op);
VImage do_gamma(const VImage& image, const operation& op);
VImage do_clahe(const VImage& image, const operation& op);
VImage do_blur(const VImage& image, const operation& op);
VImage do_sharpen(const VImage& image, const operation& op);
VImage do_median(const VImage& image, const operation& op);
VImage do_pixelate(const VImage& image, const operation& op);
VImage do_threshold(const VImage& image, const operation& op);
VImage do_edge(const VImage& image, const operation& op);
VImage do_emboss(const VImage& image, const operation& op);
VImage do_vignette(const VImage& image, const operation& op);
VImage do_round(const VImage& image, const operation& op);
VImage do_flatten(const VImage& image, const operation& op);

// What must be the same for all frames is settled first, from `frames`, which are of one size and never none;
// what comes back is then done to each of them.
using frame_work = std::function<VImage(const VImage&)>;
frame_work make_resize(std::span<const VImage> frames, const operation& op);
frame_work make_trim(std::span<const VImage> frames, const operation& op);
frame_work make_normalize(std::span<const VImage> frames, const operation& op);
frame_work make_text(std::span<const VImage> frames, const operation& op);
frame_work make_watermark(std::span<const VImage> frames, const operation& op,
                          std::span<const watermark> watermarks);

// From here on `text` is refused with a sentence: no font can be opened in this process.
void refuse_text();

// What an image may be after a step; the plan has checked it where it could be known beforehand.
struct bounds {
  std::uint64_t pixels = std::numeric_limits<std::uint64_t>::max();  // a frame, after each step
  std::uint32_t side = std::numeric_limits<std::uint32_t>::max();    // after the last
};

// All of them in order. Throws `refusal` for an operation that is not in the table, or beyond the bounds.
[[nodiscard]] std::vector<VImage> apply(std::vector<VImage> frames, std::span<const operation> operations,
                                        std::span<const watermark> watermarks, const bounds& most = {});

}  // namespace dip::pixels
