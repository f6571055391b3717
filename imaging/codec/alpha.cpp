#include "imaging/codec/alpha.hpp"

#include <cstdint>

namespace dip::pixels {
namespace {

// x × alpha / 255, rounded.
VipsPel times(VipsPel x, unsigned alpha) {
  const unsigned product = x * alpha + 128;
  return static_cast<VipsPel>((product + (product >> 8)) >> 8);
}

template <int bands>
void multiply_line(const VipsPel* from, VipsPel* to, int width) {
  for (int x = 0; x < width; ++x, from += bands, to += bands) {
    const unsigned alpha = from[bands - 1];
    for (int i = 0; i < bands - 1; ++i) to[i] = times(from[i], alpha);
    to[bands - 1] = static_cast<VipsPel>(alpha);
  }
}

template <int bands>
int multiply_region(VipsRegion* out, void* sequence, void* /*image*/, void* /*unused*/, gboolean* /*stop*/) {
  auto* in = static_cast<VipsRegion*>(sequence);
  const auto& area = out->valid;
  if (vips_region_prepare(in, &area) != 0) return -1;
  for (int y = area.top; y < area.top + area.height; ++y)
    multiply_line<bands>(VIPS_REGION_ADDR(in, area.left, y), VIPS_REGION_ADDR(out, area.left, y), area.width);
  return 0;
}

// libvips multiplies in floating point, and what follows is then done in floating point as well.
template <int bands>
VImage multiplied(const VImage& image) {
  auto* out = vips_image_new();
  VImage made{out};
  auto* in = image.get_image();
  if (vips_image_pipelinev(out, VIPS_DEMAND_STYLE_THINSTRIP, in, nullptr) != 0) throw vips::VError{};
  g_object_ref(in);
  vips_object_local(out, in);
  if (vips_image_generate(out, vips_start_one, multiply_region<bands>, vips_stop_one, in, nullptr) != 0)
    throw vips::VError{};
  return made;
}

}  // namespace

VImage premultiplied(const VImage& image) {
  if (image.format() == VIPS_FORMAT_UCHAR && image.bands() == 4) return multiplied<4>(image);
  if (image.format() == VIPS_FORMAT_UCHAR && image.bands() == 2) return multiplied<2>(image);
  return image.premultiply().cast(image.format());
}

VImage unpremultiplied(const VImage& image) { return image.unpremultiply().cast(image.format()); }

}  // namespace dip::pixels
