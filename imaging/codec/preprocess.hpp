// The first stage: whatever came in as an upright sRGB image of the planned size.
#pragma once

#include "core/plan.hpp"
#include "imaging/codec.hpp"
#include "imaging/codec/source.hpp"

namespace dip::pixels {

// Writes an uncompressed TIFF to `out`. The file must be what `header` says: what was checked when it came in
// is what is decoded.
[[nodiscard]] codec::facts preprocess(int in, const image_header& header, const preprocess_plan& plan,
                                      int out);

// The image that `preprocess` stores, not yet evaluated.
[[nodiscard]] VImage normalise(const mapped_file& file, const image_header& header,
                               const preprocess_plan& plan);

// Three or four bands of sRGB, 8 bits.
[[nodiscard]] VImage to_srgb(VImage image, bool convert_profile);

// Exactly to a size, with the alpha multiplied in while pixels are mixed.
[[nodiscard]] VImage scale_to(VImage image, std::uint32_t width, std::uint32_t height,
                              VipsKernel kernel = VIPS_KERNEL_LANCZOS3);

[[nodiscard]] codec::facts facts_of(const VImage& image);

}  // namespace dip::pixels
