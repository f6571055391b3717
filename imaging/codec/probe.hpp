// What an image's header says.
#pragma once

#include "core/image_format.hpp"
#include "imaging/codec/source.hpp"

namespace dip::pixels {

// Decodes nothing. `page` must be there.
[[nodiscard]] image_header probe(int in, image_format format, std::uint32_t page = 0);

// An embedded ICC profile that is not sRGB's.
[[nodiscard]] bool has_foreign_profile(const VImage& image);

}  // namespace dip::pixels
