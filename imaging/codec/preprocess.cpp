#include "imaging/codec/preprocess.hpp"

#include <utility>

#include "imaging/codec/alpha.hpp"
#include "imaging/codec/probe.hpp"

namespace dip::pixels {
namespace {

VImage turn_upright(VImage image) {
  if (vips_image_get_orientation(image.get_image()) <= 1) return image;
  // Turning reads columns, which a decoder cannot give; after the downscale there is little to hold.
  return image.copy_memory().autorot();
}

void check_same(const image_header& header, const image_header& found) {
  if (found.width == header.width && found.height == header.height && found.orientation == header.orientation)
    return;
  throw refusal{errc::invalid_image, "the image is not the one that was checked"};
}

}  // namespace

codec::facts facts_of(const VImage& image) {
  return {static_cast<std::uint32_t>(image.width()), static_cast<std::uint32_t>(image.height()),
          image.has_alpha()};
}

VImage scale_to(VImage image, std::uint32_t width, std::uint32_t height, VipsKernel kernel) {
  const auto now = facts_of(image);
  if (now.width == width && now.height == height) return image;
  const bool alpha = image.has_alpha();
  if (alpha) image = premultiplied(image);
  image = image.resize(double(width) / now.width,
                       VImage::option()->set("vscale", double(height) / now.height)->set("kernel", kernel));
  return alpha ? unpremultiplied(image) : image;
}

VImage to_srgb(VImage image, bool convert_profile) {
  const auto* fallback = image.interpretation() == VIPS_INTERPRETATION_CMYK ? "cmyk" : "srgb";
  if (convert_profile && has_foreign_profile(image))
    image = image.icc_transform("srgb", VImage::option()
                                            ->set("embedded", true)
                                            ->set("input_profile", fallback)
                                            ->set("intent", VIPS_INTENT_RELATIVE)
                                            ->set("black_point_compensation", true)
                                            ->set("depth", 8));
  if (image.interpretation() != VIPS_INTERPRETATION_sRGB) image = image.colourspace(VIPS_INTERPRETATION_sRGB);
  if (image.format() != VIPS_FORMAT_UCHAR) image = image.cast(VIPS_FORMAT_UCHAR);
  return image.bands() > 4 ? image.extract_band(0, VImage::option()->set("n", 4)) : image;
}

VImage normalise(const mapped_file& file, const image_header& header, const preprocess_plan& plan) {
  const bool lying = header.orientation >= 5;
  auto image = open_image(file, header.format, reading::once_from_the_top, plan.shrink);
  image = scale_to(std::move(image), lying ? plan.height : plan.width, lying ? plan.width : plan.height);
  return to_srgb(turn_upright(std::move(image)), plan.convert_colour);
}

codec::facts preprocess(int in, const image_header& header, const preprocess_plan& plan, int out) {
  check_same(header, probe(in, header.format));
  const mapped_file file{in};
  const auto image = normalise(file, header, plan);
  image.tiffsave_target(
      vips::VTarget::new_to_descriptor(out),
      VImage::option()->set("compression", VIPS_FOREIGN_TIFF_COMPRESSION_NONE)->set("strip", true));
  return facts_of(image);
}

}  // namespace dip::pixels
