#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
VImage do_modulate(const VImage& image, const operation& op) {
  const double brightness = number_param(op, "brightness", 1);
  const double saturation = number_param(op, "saturation", 1);
  const double hue = number_param(op, "hue");
  if (brightness == 1 && saturation == 1 && hue == 0) return image;
  return on_colours(image, [&](const VImage& colours) {
    return colours.colourspace(VIPS_INTERPRETATION_LCH)
        .linear({brightness, saturation, 1}, {0, 0, hue})
        .colourspace(VIPS_INTERPRETATION_sRGB)
        .cast(VIPS_FORMAT_UCHAR);
  });
}

}  // namespace dip::pixels
