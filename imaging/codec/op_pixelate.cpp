#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
VImage do_pixelate(const VImage& image, const operation& op) {
  const auto size = static_cast<int>(integer_param(op, "size", 10));
  if (size <= 1) return image;
  return on_premultiplied(image, [&](const VImage& mixed) {
    // Held: each row of blocks is asked for once for every row of pixels.
    return mixed.shrink(size, size, VImage::option()->set("ceil", true))
        .copy_memory()
        .zoom(size, size)
        .extract_area(0, 0, image.width(), image.height());
  });
}

}  // namespace dip::pixels
