#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
VImage do_sharpen(const VImage& image, const operation& op) {
  const double sigma = number_param(op, "sigma", 1);
  return on_colours(image, [&](const VImage& colours) {
    return colours.sharpen(VImage::option()->set("sigma", sigma)).cast(VIPS_FORMAT_UCHAR);
  });
}

}  // namespace dip::pixels
