// The encoders, with the options of an output.
#pragma once

#include "core/plan.hpp"
#include "imaging/codec/library.hpp"

namespace dip::pixels {

// The image's metadata is written unless `how` strips it. Throws `refusal`, `unsupported_media`, for a format
// that is not written here.
void save(const VImage& image, const output_plan& how, const vips::VTarget& target);

}  // namespace dip::pixels
