// Images as files of the formats that we write.
#pragma once

#include <vector>

#include "core/plan.hpp"
#include "imaging/codec.hpp"
#include "imaging/codec/library.hpp"
#include "imaging/codec/moving.hpp"

namespace dip::pixels {

// All of `frames`, of which there is at least one, in a format that can move; else the first. Of the metadata
// in `beside` what `how` keeps. Throws `refusal`: `unsupported_media` for a format that is not written here,
// `invalid_operation` when no quality makes it as small as it must be.
codec::facts encode(const std::vector<VImage>& frames, const carried& beside, const output_plan& how,
                    int out);

// A JPEG of at most 240 pixels a side and 20 KB.
codec::facts encode_preview(const VImage& image, int out);

}  // namespace dip::pixels
