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

// Where the part to keep begins. The first frame decides for all of them.
place kept_part(const VImage& scaled, int width, int height, std::string_view position) {
  const auto looking_for = [&](VipsInteresting what) -> place {
    const auto found = scaled.smartcrop(width, height, VImage::option()->set("interesting", what));
    return {-found.xoffset(), -found.yoffset()};
  };
  if (position == "attention") return looking_for(VIPS_INTERESTING_ATTENTION);
  if (position == "entropy") return looking_for(VIPS_INTERESTING_ENTROPY);
  return place_in(scaled, width, height, position);
}

}  // namespace

frame_work make_resize(std::span<const VImage> frames, const operation& op) {
  const auto now = facts_of(frames.front());
  const auto to = resize_geometry(now.width, now.height, op);
  const auto kernel = kernel_of(text_param(op, "kernel"));
  const auto scale = [to, kernel](const VImage& frame) {
    return scale_to(frame, to.scaled_width, to.scaled_height, kernel);
  };
  if (to.scaled() == to.out()) return scale;
  const int width = static_cast<int>(to.out_width), height = static_cast<int>(to.out_height);
  const auto position = text_param(op, "position");
  if (text_param(op, "fit") == "contain") {
    const auto colour = parse_colour(text_param(op, "background"));
    return [=](const VImage& frame) {
      const auto scaled = scale(frame);
      // `place_in` counts from the inner image's side: negative in a larger canvas.
      const auto inside = place_in(scaled, width, height, position);
      return padded(scaled, {-inside.x, -inside.y}, width, height, colour);
    };
  }
  const auto at = kept_part(scale(frames.front()), width, height, position);
  return [=](const VImage& frame) { return scale(frame).extract_area(at.x, at.y, width, height); };
}

}  // namespace dip::pixels
