#include "imaging/codec/operations.hpp"

namespace dip::pixels {
VImage do_grayscale(const VImage& image, const operation& /*op*/) {
  return image.colourspace(VIPS_INTERPRETATION_B_W).colourspace(VIPS_INTERPRETATION_sRGB);
}

}  // namespace dip::pixels
