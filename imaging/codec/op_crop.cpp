#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
VImage do_crop(const VImage& image, const operation& op) {
  const auto side = [&](std::string_view name) { return static_cast<int>(integer_param(op, name)); };
  const int x = side("x"), y = side("y"), width = side("width"), height = side("height");
  if (x > image.width() - width || y > image.height() - height)
    throw refusal{errc::invalid_operation, "the crop is not inside of the image"};
  if (width == image.width() && height == image.height()) return image;
  return image.extract_area(x, y, width, height);
}

}  // namespace dip::pixels
