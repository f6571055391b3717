#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "tests/unit/imaging/harness.hpp"

namespace dip {
namespace {

using namespace testing;

TEST_CASE("each format is written, and its header read") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  const auto format = GENERATE(image_format::jpeg, image_format::png, image_format::webp, image_format::gif,
                               image_format::tiff, image_format::avif);
  const auto made = convert(*one, memory_file{quarters_png(40, 30)}, image_format::png, output(format));
  CHECK(sniff_format(made.bytes().substr(0, sniff_bytes)) == format);
  const auto header = probe(*one, made, format);
  CHECK(header.width == 40);
  CHECK(header.height == 30);
  CHECK(header.pages == 1);
  CHECK(header.orientation == 1);
  CHECK(header.bits == 8);
  CHECK(header.colour == image_header::colour_kind::rgb);
  CHECK(header.has_alpha == (format == image_format::gif));
  CHECK_FALSE(header.interlaced);
  CHECK_FALSE(header.has_profile);
}

TEST_CASE("alpha goes through PNG and WebP, and not through JPEG") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  const memory_file file{png(
      20, 10, 4, [](auto x, auto) { return rgba{9, 9, 9, x < 10 ? std::uint8_t{0} : std::uint8_t{255}}; })};
  CHECK(probe(*one, file, image_format::png).has_alpha);
  for (const auto format : {image_format::png, image_format::webp, image_format::jpeg}) {
    const auto made = convert(*one, file, image_format::png, output(format));
    CHECK(probe(*one, made, format).has_alpha == (format != image_format::jpeg));
  }
}

TEST_CASE("progressive is what the header calls interlaced") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  const auto format = GENERATE(image_format::jpeg, image_format::png);
  auto how = output(format);
  how.progressive = true;
  const auto made = convert(*one, memory_file{quarters_png(40, 30)}, image_format::png, how);
  CHECK(probe(*one, made, format).interlaced);
}

TEST_CASE("an image is turned upright, once") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  const auto plain =
      convert(*one, memory_file{quarters_png(40, 20)}, image_format::png, output(image_format::jpeg));
  const memory_file turned{with_orientation(plain.bytes(), 6)};
  const auto header = probe(*one, turned, image_format::jpeg);
  CHECK(header.orientation == 6);
  CHECK(header.width == 40);
  const auto upright = convert(*one, turned, image_format::jpeg, output(image_format::jpeg));
  const auto after = probe(*one, upright, image_format::jpeg);
  CHECK(after.orientation == 1);
  CHECK(after.width == 20);
  CHECK(after.height == 40);
}

TEST_CASE("what cannot be decoded is an invalid image") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  const auto format = GENERATE(image_format::jpeg, image_format::png, image_format::webp, image_format::avif,
                               image_format::tiff);
  const auto whole =
      convert(*one, memory_file{quarters_png(600, 400)}, image_format::png, output(format)).bytes();
  const auto code_of = [&](const std::string& bytes) {
    const memory_file file{bytes};
    const auto header = one->probe(file.get(), format, plenty);
    if (!header) return header.error().code;
    memory_file out;
    const auto done = one->preprocess(file.get(), *header, whole_plan(*header), out.get(), plenty);
    return done ? errc::internal : done.error().code;
  };
  CHECK(code_of("") == errc::invalid_image);
  CHECK(code_of("not an image") == errc::invalid_image);
  CHECK(code_of(std::string(5000, '\0')) == errc::invalid_image);
  CHECK(code_of(whole.substr(0, 20)) == errc::invalid_image);
  CHECK(code_of(whole.substr(0, whole.size() / 2)) == errc::invalid_image);
  CHECK(code_of(whole.substr(0, whole.size() - 40)) == errc::invalid_image);
}

TEST_CASE("only the loader of the format that was found is tried") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  const auto refused = one->probe(memory_file{quarters_png(8, 8)}.get(), image_format::jpeg, plenty);
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::invalid_image);
  const auto drawing = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>";
  CHECK(one->probe(memory_file{drawing}.get(), image_format::svg, plenty));
  const auto polyglot =
      one->probe(memory_file{"GIF89a" + std::string{drawing}}.get(), image_format::gif, plenty);
  REQUIRE(!polyglot);
  CHECK(polyglot.error().code == errc::invalid_image);
}

TEST_CASE("an image that is not the one that was checked is refused") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  auto header = probe(*one, memory_file{quarters_png(8, 8)}, image_format::png);
  memory_file out;
  const auto done =
      one->preprocess(memory_file{quarters_png(80, 80)}.get(), header, whole_plan(header), out.get(), plenty);
  REQUIRE(!done);
  CHECK(done.error().code == errc::invalid_image);
}

TEST_CASE("outputs, preview and watermark in one job") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  const memory_file mark{png(10, 10, 4, [](auto, auto) { return rgba{255, 255, 255, 128}; })};
  const auto tiff = preprocessed(*one, memory_file{quarters_png(600, 300)}, image_format::png);
  const memory_file large, small, preview;
  const auto done = one->process(
      tiff.get(),
      {output(image_format::jpeg, {op("watermark", {{"file", word("m.png")}})}),
       output(image_format::webp, {op("resize", {{"width", whole(30)}, {"height", whole(30)}})})},
      {large.get(), small.get()}, preview.get(), {{"m.png", mark.get(), image_format::png}}, plenty);
  REQUIRE(done);
  REQUIRE(done->outputs.size() == 2);
  CHECK(done->outputs[0].width == 600);
  CHECK(done->outputs[1].width == 30);
  CHECK(done->outputs[1].height == 30);
  CHECK(done->preview.width == 240);
  CHECK(done->preview.height == 120);
  CHECK(preview.size() <= 20'000);
  CHECK(probe(*one, preview, image_format::jpeg).width == 240);
  CHECK(probe(*one, small, image_format::webp).width == 30);
}

TEST_CASE("a preview of noise is small as well") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  std::uint32_t state = 1;
  const memory_file noise{png(240, 240, 3, [&](auto, auto) {
    state = state * 1664525 + 1013904223;
    return rgba{std::uint8_t(state >> 24), std::uint8_t(state >> 16), std::uint8_t(state >> 8), 255};
  })};
  const auto tiff = preprocessed(*one, noise, image_format::png);
  const memory_file out, preview;
  REQUIRE(one->process(tiff.get(), {output(image_format::jpeg)}, {out.get()}, preview.get(), {}, plenty));
  CHECK(preview.size() <= 20'000);
}

TEST_CASE("a preprocessed file that is damaged is lost") {
  const auto launcher = start();
  const auto one = launch(*launcher);
  const auto tiff = preprocessed(*one, memory_file{quarters_png(60, 30)}, image_format::png);
  const memory_file half{tiff.bytes().substr(0, tiff.size() / 2)}, out;
  const auto done = one->process(half.get(), {output(image_format::jpeg)}, {out.get()}, -1, {}, plenty);
  REQUIRE(!done);
  CHECK(done.error().code == errc::stage_lost);
}

}  // namespace
}  // namespace dip
