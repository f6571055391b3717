#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
VImage do_sepia(const VImage& image, const operation& /*op*/) {
  // Filter Effects Module Level 1, section 13.1, as browsers have it.
  static const auto tones =
      VImage::new_matrixv(3, 3, 0.393, 0.769, 0.189, 0.349, 0.686, 0.168, 0.272, 0.534, 0.131);
  return on_colours(image,
                    [](const VImage& colours) { return colours.recomb(tones).cast(VIPS_FORMAT_UCHAR); });
}

}  // namespace dip::pixels
