#include <string_view>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "imaging/codec/encode.hpp"
#include "imaging/codec/probe.hpp"
#include "tests/unit/codec/pixels.hpp"

namespace dip {
namespace {

using namespace testing;

std::string as_jpeg(const VImage& image, vips::VOption* options = VImage::option()) {
  auto* blob =
      image.jpegsave_buffer(options->set("Q", 95)->set("subsample_mode", VIPS_FOREIGN_SUBSAMPLE_OFF));
  std::string bytes{static_cast<const char*>(VIPS_AREA(blob)->data), VIPS_AREA(blob)->length};
  vips_area_unref(VIPS_AREA(blob));
  return bytes;
}

std::string as_png(const VImage& image, vips::VOption* options = VImage::option()) {
  auto* blob = image.pngsave_buffer(options);
  std::string bytes{static_cast<const char*>(VIPS_AREA(blob)->data), VIPS_AREA(blob)->length};
  vips_area_unref(VIPS_AREA(blob));
  return bytes;
}

// Through the TIFF, as the two stages do.
VImage preprocessed(const std::string& bytes, image_format format, const preprocess_plan& plan) {
  const memory_file file{bytes}, out;
  const auto facts = pixels::preprocess(file.get(), pixels::probe(file.get(), format), plan, out.get());
  const auto made = loaded(out, image_format::tiff);
  CHECK(facts.width == plan.width);
  CHECK(facts.height == plan.height);
  CHECK(facts.has_alpha == made.has_alpha());
  CHECK(made.width() == static_cast<int>(plan.width));
  CHECK(made.height() == static_cast<int>(plan.height));
  CHECK(made.interpretation() == VIPS_INTERPRETATION_sRGB);
  CHECK(made.format() == VIPS_FORMAT_UCHAR);
  CHECK(made.get_typeof(VIPS_META_ICC_NAME) == 0);
  CHECK(made.get_typeof(VIPS_META_EXIF_NAME) == 0);
  return made;
}

TEST_CASE("every orientation is turned upright") {
  const auto orientation = GENERATE(range(1U, 9U));
  const std::vector<double> top_left[]{red, blue, dark_blue, dark_red, red, dark_red, dark_blue, blue};
  const std::vector<double> top_right[]{blue, red, dark_red, dark_blue, dark_red, red, blue, dark_blue};
  const auto jpeg = with_orientation(as_jpeg(quarters_image(80, 40)), orientation);
  const preprocess_plan plan{.shrink = 1,
                             .width = orientation >= 5 ? 20U : 40U,
                             .height = orientation >= 5 ? 40U : 20U,
                             .convert_colour = false};
  const auto made = preprocessed(jpeg, image_format::jpeg, plan);
  CHECK(is_near(at(made, 3, 3), top_left[orientation - 1], 6));
  CHECK(is_near(at(made, made.width() - 4, 3), top_right[orientation - 1], 6));
}

TEST_CASE("the decoder's own shrink ends at the planned size") {
  const auto shrink = GENERATE(1U, 2U, 4U, 8U);
  const auto jpeg = as_jpeg(quarters_image(803, 401));
  const auto made = preprocessed(jpeg, image_format::jpeg,
                                 {.shrink = shrink, .width = 90, .height = 45, .convert_colour = false});
  CHECK(is_near(at(made, 5, 5), red, 6));
  CHECK(is_near(at(made, 85, 40), dark_blue, 6));
}

TEST_CASE("one band, 16 bits and CMYK become sRGB") {
  const auto image = quarters_image(40, 20);
  const preprocess_plan plan{.shrink = 1, .width = 40, .height = 20, .convert_colour = true};

  const auto grey = as_png(image.colourspace(VIPS_INTERPRETATION_B_W));
  CHECK(pixels::probe(memory_file{grey}.get(), image_format::png).colour == image_header::colour_kind::grey);
  CHECK(preprocessed(grey, image_format::png, plan).bands() == 3);

  const auto deep = as_png(image.colourspace(VIPS_INTERPRETATION_RGB16));
  CHECK(pixels::probe(memory_file{deep}.get(), image_format::png).bits == 16);
  CHECK(is_near(at(preprocessed(deep, image_format::png, plan), 3, 3), red));

  const auto cmyk = as_jpeg(image.colourspace(VIPS_INTERPRETATION_CMYK));
  CHECK(pixels::probe(memory_file{cmyk}.get(), image_format::jpeg).colour == image_header::colour_kind::cmyk);
  const auto made = preprocessed(cmyk, image_format::jpeg, plan);
  CHECK(made.bands() == 3);
  CHECK(at(made, 3, 3)[0] > 150);
  CHECK(at(made, 3, 3)[2] < 100);
}

TEST_CASE("a profile that is not sRGB's is converted, and sRGB's is not one") {
  const auto image = quarters_image(40, 20);
  const auto srgb = as_png(image.icc_transform("srgb", VImage::option()->set("input_profile", "srgb")));
  CHECK_FALSE(pixels::probe(memory_file{srgb}.get(), image_format::png).has_profile);
  const auto wide = as_png(image.icc_transform("p3", VImage::option()->set("input_profile", "srgb")));
  CHECK(pixels::probe(memory_file{wide}.get(), image_format::png).has_profile);
  const preprocess_plan plan{.shrink = 1, .width = 40, .height = 20, .convert_colour = true};
  CHECK(is_near(at(preprocessed(wide, image_format::png, plan), 3, 3), red, 6));
}

// Grey, a directory each, of one value each.
std::string pages_of_tiff(const std::vector<std::array<std::uint16_t, 2>>& sizes) {
  const auto two = [](unsigned v) { return std::string{char(v & 255), char(v >> 8 & 255)}; };
  const auto four = [&](std::uint32_t v) { return two(v & 0xffff) + two(v >> 16); };
  std::string file = std::string{"II*\0", 4} + four(8);
  unsigned number = 0;
  for (const auto& [width, height] : sizes) {
    const auto bytes = std::uint32_t{width} * height;
    const auto pixels = static_cast<std::uint32_t>(file.size()) + 2 + 9 * 12 + 4;
    const auto entry = [&](unsigned tag, std::uint32_t value) {
      return two(tag) + two(4) + four(1) + four(value);
    };
    const bool last = ++number == sizes.size();
    file += two(9) + entry(256, width) + entry(257, height) + entry(258, 8) + entry(259, 1) + entry(262, 1) +
            entry(273, pixels) + entry(277, 1) + entry(278, height) + entry(279, bytes) +
            four(last ? 0 : pixels + bytes) + std::string(bytes, static_cast<char>(number * 50));
  }
  return file;
}

TEST_CASE("a page of another size than the first covers what was planned, and is not enlarged") {
  const auto tiff = pages_of_tiff({{40, 20}, {20, 40}, {400, 400}, {4, 2}});
  const auto page = [&](std::uint32_t number) {
    const memory_file in{tiff}, out;
    const auto header = pixels::probe(in.get(), image_format::tiff);
    CHECK(header.pages == 4);
    const preprocess_plan plan{.shrink = 1, .width = 20, .height = 10, .page = number};
    const auto facts = pixels::preprocess(in.get(), header, plan, out.get(), 20'000);
    const auto pixel = loaded(out, image_format::tiff).getpoint(0, 0);
    CHECK(is_near(pixel, std::vector<double>(3, (number + 1) * 50.0)));
    return std::pair{facts.width, facts.height};
  };
  library();
  CHECK(page(0) == std::pair{20U, 10U});
  CHECK(page(1) == std::pair{20U, 40U});
  CHECK(page(3) == std::pair{4U, 2U});
  try {
    (void)page(2);
    FAIL("160,000 pixels were decoded");
  } catch (const pixels::refusal& why) {
    CHECK(why.code == errc::too_many_pixels);
  }
}

TEST_CASE("alpha stays, and does not bleed in the downscale") {
  const auto file =
      png(80, 40, 4, [](auto x, auto) { return x % 2 == 0 ? rgba{200, 100, 50, 255} : rgba{0, 255, 0, 0}; });
  const auto made = preprocessed(file, image_format::png,
                                 {.shrink = 1, .width = 20, .height = 10, .convert_colour = false});
  CHECK(is_near(at(made, 10, 5), {200, 100, 50, 127}, 4));
}

output_plan output(image_format format) {
  output_plan made;
  made.format = format;
  return made;
}

VImage encoded(const VImage& image, const output_plan& how) {
  const memory_file out;
  const auto facts = pixels::encode({image}, {}, how, out.get());
  CHECK(facts.width == static_cast<std::uint32_t>(image.width()));
  return loaded(out, how.format);
}

TEST_CASE("encoded pixels are the image's") {
  const auto image = quarters_image(64, 48);
  const auto format = GENERATE(image_format::jpeg, image_format::png, image_format::webp, image_format::gif,
                               image_format::tiff, image_format::avif);
  const auto made = encoded(image, output(format));
  const auto colour = [&](int x, int y) {
    return at(made.extract_band(0, VImage::option()->set("n", 3)), x, y);
  };
  CHECK(is_near(colour(4, 4), red, 12));
  CHECK(is_near(colour(60, 44), dark_blue, 12));
}

TEST_CASE("JPEG puts what can be seen through on white") {
  const auto made = encoded(plain(16, 16, {0, 0, 0, 0}), output(image_format::jpeg));
  CHECK(made.bands() == 3);
  CHECK(is_near(at(made, 8, 8), {255, 255, 255}));
}

TEST_CASE("lossless is exact, and quality changes the size") {
  const auto image = done(quarters_image(64, 64), op("blur", {{"sigma", 6.0}}));
  auto exact = output(image_format::webp);
  exact.lossless = true;
  CHECK((encoded(image, exact) - image).abs().max() == 0);
  const auto size_at = [&](std::uint32_t quality) {
    auto how = output(image_format::jpeg);
    how.quality = quality;
    const memory_file out;
    pixels::encode({image}, {}, how, out.get());
    return out.size();
  };
  CHECK(size_at(20) < size_at(95));
}

}  // namespace
}  // namespace dip
