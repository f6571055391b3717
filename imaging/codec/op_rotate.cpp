#include "core/geometry.hpp"
#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"
#include "imaging/codec/preprocess.hpp"

namespace dip::pixels {
namespace {

VImage turn_freely(const VImage& image, double angle, std::vector<double> background) {
  const auto now = facts_of(image);
  const auto to = rotate_geometry({now.width, now.height}, angle);
  const bool see_through = background[3] < 255 || image.has_alpha();
  const double share = background[3] / 255;
  if (see_through)
    for (size_t i = 0; i < 3; ++i) background[i] *= share;
  else
    background.pop_back();
  const auto turned = on_premultiplied(see_through ? with_alpha(image) : image, [&](const VImage& mixed) {
    // libvips rounds the size in its own way, a pixel more or less; the plan's is the one that was promised.
    return mixed.rotate(angle, VImage::option()->set("background", background))
        .gravity(VIPS_COMPASS_DIRECTION_CENTRE, static_cast<int>(to.width), static_cast<int>(to.height),
                 VImage::option()->set("extend", VIPS_EXTEND_BACKGROUND)->set("background", background));
  });
  return turned;
}

}  // namespace

VImage do_rotate(const VImage& image, const operation& op) {
  const double angle = number_param(op, "angle");
  const auto turns = quarter_turns(angle);
  if (!turns) return turn_freely(image, angle, parse_colour(text_param(op, "background")));
  switch (*turns) {
    case 1: return image.rot(VIPS_ANGLE_D90);
    case 2: return image.rot(VIPS_ANGLE_D180);
    case 3: return image.rot(VIPS_ANGLE_D270);
    default: return image;
  }
}

}  // namespace dip::pixels
