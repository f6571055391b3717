// Images as files of the formats that we write.
#pragma once

#include "core/plan.hpp"
#include "imaging/codec.hpp"
#include "imaging/codec/library.hpp"

namespace dip::pixels {

// Without metadata. Throws `refusal` for a format that we do not write.
codec::facts encode(const VImage& image, const output_plan& how, int out);

// A JPEG of at most 240 pixels a side and 20 KB.
codec::facts encode_preview(const VImage& image, int out);

}  // namespace dip::pixels
