#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
VImage do_tint(const VImage& image, const operation& op) {
  const auto colour = parse_colour(text_param(op, "color"));
  const auto lab = image.extract_area(0, 0, 1, 1)
                       .new_from_image({colour[0], colour[1], colour[2]})
                       .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB))
                       .colourspace(VIPS_INTERPRETATION_LAB)
                       .getpoint(0, 0);
  return on_colours(image, [&](const VImage& colours) {
    return colours.colourspace(VIPS_INTERPRETATION_LAB)
        .extract_band(0)
        .bandjoin_const({lab[1], lab[2]})
        .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_LAB))
        .colourspace(VIPS_INTERPRETATION_sRGB)
        .cast(VIPS_FORMAT_UCHAR);
  });
}

}  // namespace dip::pixels
