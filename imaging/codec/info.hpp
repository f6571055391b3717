// What an image shows and says of itself.
#pragma once

#include "core/image_info.hpp"

namespace dip::pixels {

// Decodes the first frame, as small as the decoder can.
[[nodiscard]] image_info describe(int in, image_format format, bool location);

}  // namespace dip::pixels
