#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
VImage do_extend(const VImage& image, const operation& op) {
  const auto edge = [&](std::string_view name) { return static_cast<int>(integer_param(op, name)); };
  const int top = edge("top"), right = edge("right"), bottom = edge("bottom"), left = edge("left");
  if (top + right + bottom + left == 0) return image;
  return padded(image, {left, top}, image.width() + left + right, image.height() + top + bottom,
                parse_colour(text_param(op, "background")));
}

}  // namespace dip::pixels
