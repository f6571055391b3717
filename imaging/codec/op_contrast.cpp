#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
VImage do_contrast(const VImage& image, const operation& op) {
  const double amount = number_param(op, "amount", 1);
  if (amount == 1) return image;
  return on_colours(image, [&](const VImage& colours) {
    return colours.linear(amount, 127.5 * (1 - amount), VImage::option()->set("uchar", true));
  });
}

}  // namespace dip::pixels
