#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
VImage do_blur(const VImage& image, const operation& op) {
  const double sigma = number_param(op, "sigma", 1);
  return on_premultiplied(image, [&](const VImage& mixed) { return mixed.gaussblur(sigma); });
}

}  // namespace dip::pixels
