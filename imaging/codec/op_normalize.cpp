#include "imaging/codec/canvas.hpp"
#include "imaging/codec/operations.hpp"

namespace dip::pixels {
namespace {

// As sharp: a hundredth of the pixels at each end does not count.
constexpr int darkest = 1, lightest = 99;

VImage to_lab(const VImage& image) { return without_alpha(image).colourspace(VIPS_INTERPRETATION_LAB); }

struct stretch {
  double factor = 1;
  double offset = 0;
};

// From all frames, so that a scene does not flicker.
stretch find_stretch(std::span<const VImage> frames) {
  std::vector<VImage> all;
  for (const auto& frame : frames) all.push_back(to_lab(frame).extract_band(0));
  const auto lightness = VImage::arrayjoin(all, VImage::option()->set("across", 1)).cast(VIPS_FORMAT_UCHAR);
  const double low = lightness.percent(darkest), high = lightness.percent(lightest);
  if (high - low < 1) return {};
  return {100 / (high - low), -low * 100 / (high - low)};
}

VImage stretched(const VImage& colours, stretch by) {
  const auto lab = to_lab(colours);
  return lab.extract_band(0)
      .linear(by.factor, by.offset)
      .bandjoin(lab.extract_band(1, VImage::option()->set("n", 2)))
      .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_LAB))
      .colourspace(VIPS_INTERPRETATION_sRGB)
      .cast(VIPS_FORMAT_UCHAR);
}

}  // namespace

frame_work make_normalize(std::span<const VImage> frames, const operation& /*op*/) {
  const auto by = find_stretch(frames);
  if (by.factor == 1) return [](const VImage& frame) { return frame; };
  return [by](const VImage& frame) {
    return on_colours(frame, [&](const VImage& colours) { return stretched(colours, by); });
  };
}

}  // namespace dip::pixels
