#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
VImage do_negate(const VImage& image, const operation& /*op*/) {
  return on_colours(image, [](const VImage& colours) { return colours.invert(); });
}

}  // namespace dip::pixels
