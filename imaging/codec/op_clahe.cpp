#include <algorithm>

#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
namespace {

int window(const operation& op, std::string_view side, int most) {
  return std::min(static_cast<int>(integer_param(op, side, 1)), most);
}

}  // namespace

VImage do_clahe(const VImage& image, const operation& op) {
  const int width = window(op, "width", image.width()), height = window(op, "height", image.height());
  const auto slope = static_cast<int>(integer_param(op, "max_slope", 3));
  return on_colours(image, [&](const VImage& colours) {
    const auto lab = colours.colourspace(VIPS_INTERPRETATION_LAB);
    // The histogram is one of 256 steps; lightness has 100.
    return lab.extract_band(0)
        .linear(2.55, 0)
        .cast(VIPS_FORMAT_UCHAR)
        .hist_local(width, height, VImage::option()->set("max_slope", slope))
        .linear(1 / 2.55, 0)
        .bandjoin(lab.extract_band(1, VImage::option()->set("n", 2)))
        .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_LAB))
        .colourspace(VIPS_INTERPRETATION_sRGB)
        .cast(VIPS_FORMAT_UCHAR);
  });
}

}  // namespace dip::pixels
