#include "core/geometry.hpp"
#include "core/operation_table.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"
#include "imaging/codec/preprocess.hpp"

namespace dip::pixels {
namespace {

VipsKernel kernel_of(std::string_view name) {
  if (name == "nearest") return VIPS_KERNEL_NEAREST;
  if (name == "linear") return VIPS_KERNEL_LINEAR;
  if (name == "cubic") return VIPS_KERNEL_CUBIC;
  if (name == "mitchell") return VIPS_KERNEL_MITCHELL;
  if (name == "lanczos2") return VIPS_KERNEL_LANCZOS2;
  return VIPS_KERNEL_LANCZOS3;
}

VImage crop_to(const VImage& image, int width, int height, std::string_view position) {
  const auto looking_for = [&](VipsInteresting what) {
    return image.smartcrop(width, height, VImage::option()->set("interesting", what));
  };
  if (position == "attention") return looking_for(VIPS_INTERESTING_ATTENTION);
  if (position == "entropy") return looking_for(VIPS_INTERESTING_ENTROPY);
  const auto at = place_in(image, width, height, position);
  return image.extract_area(at.x, at.y, width, height);
}

VImage pad_to(const VImage& image, int width, int height, const operation& op) {
  auto background = parse_colour(text_param(op, "background"));
  const bool see_through = background[3] < 255 || image.has_alpha();
  if (!see_through) background.pop_back();
  const auto base = see_through ? with_alpha(image) : image;
  const auto inside = place_in(image, width, height, text_param(op, "position"));
  // `place_in` counts from the inner image's side: negative in a larger canvas.
  return base.embed(-inside.x, -inside.y, width, height,
                    VImage::option()->set("extend", VIPS_EXTEND_BACKGROUND)->set("background", background));
}

}  // namespace

VImage do_resize(const VImage& image, const operation& op) {
  const auto now = facts_of(image);
  const auto to = resize_geometry(now.width, now.height, op);
  const auto scaled = scale_to(image, to.scaled_width, to.scaled_height, kernel_of(text_param(op, "kernel")));
  if (to.scaled() == to.out()) return scaled;
  const int width = static_cast<int>(to.out_width);
  const int height = static_cast<int>(to.out_height);
  if (text_param(op, "fit") == "contain") return pad_to(scaled, width, height, op);
  return crop_to(scaled, width, height, text_param(op, "position"));
}

}  // namespace dip::pixels
