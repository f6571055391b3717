#include <algorithm>

#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
VImage do_median(const VImage& image, const operation& op) {
  const int size =
      std::min(static_cast<int>(integer_param(op, "size", 3)), std::min(image.width(), image.height()));
  if (size <= 1) return image;
  return on_premultiplied(image, [&](const VImage& mixed) { return mixed.median(size); });
}

}  // namespace dip::pixels
