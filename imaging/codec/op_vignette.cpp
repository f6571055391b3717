#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
namespace {

// 0 in the middle, 1 in the corners: the square of the distance.
VImage distance(int width, int height) {
  const double x = width / 2.0, y = height / 2.0;
  const auto from_middle = VImage::xyz(width, height).linear({1 / x, 1 / y}, {0.5 / x - 1, 0.5 / y - 1});
  return (from_middle * from_middle).bandmean();
}

}  // namespace

VImage do_vignette(const VImage& image, const operation& op) {
  const double strength = number_param(op, "strength", 0.5);
  if (strength == 0) return image;
  const auto light = distance(image.width(), image.height()).linear(-strength, 1);
  return on_colours(image, [&](const VImage& colours) { return (colours * light).cast(VIPS_FORMAT_UCHAR); });
}

}  // namespace dip::pixels
