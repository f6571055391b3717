// Alpha multiplied into the colours, and out of them: around whatever mixes neighbours.
#pragma once

#include "imaging/codec/library.hpp"

namespace dip::pixels {

// Of the same format as `image`, which must have alpha. What is nearly transparent loses steps of its colour,
// never more than half a step of what is seen of it.
[[nodiscard]] VImage premultiplied(const VImage& image);
[[nodiscard]] VImage unpremultiplied(const VImage& image);

}  // namespace dip::pixels
