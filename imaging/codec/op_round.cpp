#include <algorithm>

#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
namespace {

VImage positive(const VImage& image) { return (image > 0).ifthenelse(image, 0); }

// How much of each pixel lies within the rounded rectangle, 0 to 1: the distance to its edge, half a pixel
// each way.
VImage coverage(int width, int height, double radius) {
  const double x = width / 2.0, y = height / 2.0;
  const auto beyond = positive(VImage::xyz(width, height)
                                   .linear({1, 1}, {0.5 - x, 0.5 - y})
                                   .abs()
                                   .linear({1, 1}, {radius - x, radius - y}));
  const auto distance = (beyond * beyond).bandmean().linear(2, 0).pow(0.5);
  const auto inside = distance.linear(-1, radius + 0.5);
  return (inside > 1).ifthenelse(1, positive(inside));
}

}  // namespace

VImage do_round(const VImage& image, const operation& op) {
  const double half = std::min(image.width(), image.height()) / 2.0;
  const double radius = std::min(static_cast<double>(integer_param(op, "radius")), half);
  const auto solid = with_alpha(image);
  const auto alpha = (solid.extract_band(solid.bands() - 1) * coverage(image.width(), image.height(), radius))
                         .linear(1, 0.5)
                         .cast(VIPS_FORMAT_UCHAR);
  return without_alpha(solid).bandjoin(alpha);
}

}  // namespace dip::pixels
