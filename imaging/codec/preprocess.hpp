// The first stage: whatever came in as an upright sRGB image of the planned size.
#pragma once

#include <cstdint>
#include <limits>

#include "core/plan.hpp"
#include "imaging/codec.hpp"
#include "imaging/codec/moving.hpp"
#include "imaging/codec/source.hpp"

namespace dip::pixels {

// Writes an uncompressed TIFF to `out`. The file must be what `header` says: what was checked when it came in
// is what is decoded. Of another page than the first, which nobody has checked, `most_pixels` are decoded.
[[nodiscard]] codec::facts preprocess(int in, const image_header& header, const preprocess_plan& plan,
                                      int out,
                                      std::uint64_t most_pixels = std::numeric_limits<std::uint64_t>::max());

// The image that `preprocess` stores, not yet evaluated, and what goes along with it.
struct normalised {
  VImage image;
  carried beside;
};
[[nodiscard]] normalised normalise(const mapped_file& file, const image_header& header,
                                   const preprocess_plan& plan);

// What `preprocess` stored: each frame, in memory. Throws when it is not whole.
struct preprocessed {
  std::vector<VImage> frames;
  carried beside;
};
[[nodiscard]] preprocessed read_preprocessed(const mapped_file& file);

// Three or four bands of RGB, 8 bits; of sRGB when `convert_profile`, else of the space that they are in.
[[nodiscard]] VImage to_srgb(VImage image, bool convert_profile);

// Exactly to a size, with the alpha multiplied in while pixels are mixed.
[[nodiscard]] VImage scale_to(VImage image, std::uint32_t width, std::uint32_t height,
                              VipsKernel kernel = VIPS_KERNEL_LANCZOS3);

[[nodiscard]] codec::facts facts_of(const VImage& image);

}  // namespace dip::pixels
