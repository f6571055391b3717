#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
VImage do_gamma(const VImage& image, const operation& op) {
  const double exponent = number_param(op, "gamma", 2.2);
  if (exponent == 1) return image;
  return on_colours(image, [&](const VImage& colours) {
    return colours.gamma(VImage::option()->set("exponent", exponent)).cast(VIPS_FORMAT_UCHAR);
  });
}

}  // namespace dip::pixels
