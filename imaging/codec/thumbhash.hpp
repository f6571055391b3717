// ThumbHash: an image in 25 bytes, to show while it loads (evanw.github.io/thumbhash).
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace dip::pixels {

// `rgba`: 4 bytes a pixel, not premultiplied, row by row; neither side above 100 or 0.
[[nodiscard]] std::string thumbhash(std::uint32_t width, std::uint32_t height,
                                    std::span<const std::uint8_t> rgba);

}  // namespace dip::pixels
