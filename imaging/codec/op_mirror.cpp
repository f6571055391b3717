#include "imaging/codec/operations.hpp"

namespace dip::pixels {
VImage do_flip(const VImage& image, const operation& /*op*/) { return image.flip(VIPS_DIRECTION_VERTICAL); }
VImage do_flop(const VImage& image, const operation& /*op*/) { return image.flip(VIPS_DIRECTION_HORIZONTAL); }

}  // namespace dip::pixels
