#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
VImage do_edge(const VImage& image, const operation& /*op*/) {
  return on_colours(image, [](const VImage& colours) {
    return colours.colourspace(VIPS_INTERPRETATION_B_W)
        .sobel()
        .cast(VIPS_FORMAT_UCHAR)
        .colourspace(VIPS_INTERPRETATION_sRGB);
  });
}

}  // namespace dip::pixels
