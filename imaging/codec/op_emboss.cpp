#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
VImage do_emboss(const VImage& image, const operation& /*op*/) {
  // Its sum is 1: what is flat stays as it is.
  static const auto relief = VImage::new_matrixv(3, 3, -2.0, -1.0, 0.0, -1.0, 1.0, 1.0, 0.0, 1.0, 2.0);
  return on_colours(image, [](const VImage& colours) {
    return colours.conv(relief, VImage::option()->set("precision", VIPS_PRECISION_INTEGER))
        .cast(VIPS_FORMAT_UCHAR);
  });
}

}  // namespace dip::pixels
