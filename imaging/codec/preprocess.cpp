#include "imaging/codec/preprocess.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <unistd.h>

#include "imaging/codec/alpha.hpp"
#include "imaging/codec/output.hpp"
#include "imaging/codec/probe.hpp"
#include "imaging/codec/trailer.hpp"

namespace dip::pixels {
namespace {

VImage turn_upright(VImage image) {
  if (vips_image_get_orientation(image.get_image()) <= 1) return image;
  // Turning reads columns, which a decoder cannot give; after the downscale there is little to hold.
  return image.copy_memory().autorot();
}

void check_same(const image_header& header, const image_header& found) {
  if (found.width == header.width && found.height == header.height &&
      found.orientation == header.orientation && found.pages == header.pages)
    return;
  throw refusal{errc::invalid_image, "the image is not the one that was checked"};
}

}  // namespace

codec::facts facts_of(const VImage& image) {
  return {static_cast<std::uint32_t>(image.width()), static_cast<std::uint32_t>(image.height()),
          image.has_alpha(), 1};
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
  const bool cmyk = image.interpretation() == VIPS_INTERPRETATION_CMYK;
  if ((convert_profile || cmyk) && has_foreign_profile(image))
    image = image.icc_transform("srgb", VImage::option()
                                            ->set("embedded", true)
                                            ->set("input_profile", cmyk ? "cmyk" : "srgb")
                                            ->set("intent", VIPS_INTENT_RELATIVE)
                                            ->set("black_point_compensation", true)
                                            ->set("depth", 8));
  if (image.interpretation() != VIPS_INTERPRETATION_sRGB) image = image.colourspace(VIPS_INTERPRETATION_sRGB);
  if (image.format() != VIPS_FORMAT_UCHAR) image = image.cast(VIPS_FORMAT_UCHAR);
  return image.bands() > 4 ? image.extract_band(0, VImage::option()->set("n", 4)) : image;
}

namespace {

// A profile stays only on pixels that it can describe: three bands of RGB.
bool keeps_profile(const image_header& header, const preprocess_plan& plan) {
  return plan.metadata == metadata_policy::keep && header.has_profile &&
         header.colour == image_header::colour_kind::rgb;
}

// Covers what was planned for the first page, and is never enlarged but by drawing.
preprocess_plan plan_for(const image_header& page, const image_header& first, preprocess_plan plan,
                         std::uint64_t most_pixels) {
  const double width = page.upright_width(), height = page.upright_height();
  if (width == first.upright_width() && height == first.upright_height()) return plan;
  const double wanted = std::max(plan.width / width, plan.height / height);
  const bool drawn = spec_of(page.format).is_vector;
  const double by = drawn ? wanted : std::min(1.0, wanted);
  const auto side = [by](double length) {
    return static_cast<std::uint32_t>(std::max(1L, std::lround(length * by)));
  };
  plan.width = side(width);
  plan.height = side(height);
  plan.convert_colour = true;
  const auto touched = drawn ? static_cast<double>(plan.width) * plan.height : width * height;
  if (touched > static_cast<double>(most_pixels))
    throw refusal{errc::too_many_pixels, "the page has more than " + std::to_string(most_pixels) + " pixels"};
  return plan;
}

double drawing_scale(const image_header& header, const preprocess_plan& plan) {
  if (!spec_of(header.format).is_vector) return 1;
  return std::max(double(plan.width) / header.width, double(plan.height) / header.height);
}

}  // namespace

normalised normalise(const mapped_file& file, const image_header& header, const preprocess_plan& plan) {
  const bool lying = header.orientation >= 5;
  const bool keep = keeps_profile(header, plan);
  const auto frames = plan.all_frames ? header.pages : 1;
  // Frames are taken one by one, and each is asked for once.
  const auto image = open_image(file, header.format,
                                {.how = frames > 1 ? reading::anywhere : reading::once_from_the_top,
                                 .shrink = plan.shrink,
                                 .scale = drawing_scale(header, plan),
                                 .all_frames = frames > 1,
                                 .page = plan.page});
  auto beside = frames > 1 ? animation_of(image, frames) : carried{};
  beside.metadata = metadata_of(image, plan.metadata, keep);
  std::vector<VImage> all;
  for (auto& frame : split(image, frames)) {
    frame = scale_to(frame, lying ? plan.height : plan.width, lying ? plan.width : plan.height);
    all.push_back(to_srgb(turn_upright(std::move(frame)), plan.convert_colour && !keep));
  }
  return {joined(all), std::move(beside)};
}

preprocessed read_preprocessed(const mapped_file& file) {
  auto beside = read_trailer({static_cast<const char*>(file.data()), file.size()});
  const auto tall = to_srgb(open_image(file, image_format::tiff), false).copy_memory();
  if (const auto height = static_cast<std::uint32_t>(tall.height());
      beside.frames > height || height % beside.frames != 0)
    throw refusal{errc::stage_lost, "the preprocessed file is not what was written"};
  return {split(tall, beside.frames), std::move(beside)};
}

codec::facts preprocess(int in, const image_header& first, const preprocess_plan& asked, int out,
                        std::uint64_t most_pixels) {
  check_same(first, probe(in, first.format));
  const auto header = asked.page > 0 ? probe(in, first.format, asked.page) : first;
  const auto plan = plan_for(header, first, asked, most_pixels);
  const mapped_file file{in};
  const auto [image, beside] = normalise(file, header, plan);
  with_metadata(image, {}, metadata_policy::strip)
      .tiffsave_target(
          vips::VTarget::new_to_descriptor(out),
          VImage::option()->set("compression", VIPS_FOREIGN_TIFF_COMPRESSION_NONE)->set("strip", true));
  if (::lseek(out, 0, SEEK_END) < 0) throw refusal{errc::io, "the output is not a file"};
  write_all(out, trailer(beside));
  auto facts = facts_of(image);
  facts.height /= beside.frames;
  facts.pages = beside.frames;
  return facts;
}

}  // namespace dip::pixels
