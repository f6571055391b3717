// What an image's header says.
#pragma once

#include "core/image_format.hpp"
#include "imaging/codec/source.hpp"

namespace dip::pixels {

// Decodes nothing.
[[nodiscard]] image_header probe(int in, image_format format);

// An embedded ICC profile that is not sRGB's.
[[nodiscard]] bool has_foreign_profile(const VImage& image);

}  // namespace dip::pixels
