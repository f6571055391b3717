#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
VImage do_threshold(const VImage& image, const operation& op) {
  const double level = static_cast<double>(integer_param(op, "level", 128));
  return on_colours(image, [&](const VImage& colours) {
    const auto white = colours.colourspace(VIPS_INTERPRETATION_B_W) >= level;
    return white.colourspace(VIPS_INTERPRETATION_sRGB);
  });
}

}  // namespace dip::pixels
