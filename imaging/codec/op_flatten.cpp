#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
VImage do_flatten(const VImage& image, const operation& op) {
  if (!image.has_alpha()) return image;
  auto background = parse_colour(text_param(op, "background"));
  background.pop_back();
  return image.flatten(VImage::option()->set("background", background)).cast(VIPS_FORMAT_UCHAR);
}

}  // namespace dip::pixels
