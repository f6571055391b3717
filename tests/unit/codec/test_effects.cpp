#include <catch2/catch_test_macros.hpp>

#include "tests/unit/codec/pixels.hpp"

namespace dip {
namespace {

using namespace testing;

TEST_CASE("grayscale takes the colour and keeps the alpha") {
  const auto made = done(plain(8, 8, {200, 30, 30, 77}), op("grayscale"));
  const auto value = at(made, 4, 4);
  REQUIRE(value.size() == 4);
  CHECK(value[0] == value[1]);
  CHECK(value[1] == value[2]);
  CHECK(value[3] == 77);
}

TEST_CASE("blur mixes across the edge") {
  const auto made = done(quarters_image(60, 60), op("blur", {{"sigma", 4.0}}));
  const auto edge = at(made, 30, 10);
  CHECK(edge[0] > 60);
  CHECK(edge[2] > 60);
  CHECK(is_near(at(made, 2, 2), red));
}

TEST_CASE("sharpen makes the edge steeper") {
  const auto image = done(quarters_image(60, 60), op("blur", {{"sigma", 2.0}}));
  const auto made = done(image, op("sharpen", {{"sigma", 2.0}}));
  CHECK(at(made, 10, 33)[0] < at(image, 10, 33)[0]);
  CHECK(is_near(at(made, 5, 5), red));
}

TEST_CASE("modulate: brightness, saturation and hue") {
  const auto image = plain(8, 8, {150, 60, 60, 200});
  const auto with = [&](std::string_view what, double value) {
    return at(done(image, op("modulate", {{what, value}})), 4, 4);
  };
  CHECK(with("brightness", 1.5)[1] > 70);
  CHECK(with("brightness", 1.5)[3] == 200);
  const auto grey = with("saturation", 0);
  CHECK(std::abs(grey[0] - grey[1]) <= 2);
  const auto turned = with("hue", 120);
  CHECK(turned[1] > turned[0]);
  CHECK(pixels::do_modulate(image, op("modulate")).get_image() == image.get_image());
}

std::vector<pixels::watermark> white_mark() { return {{"w", plain(20, 10, {255, 255, 255, 255})}}; }

TEST_CASE("watermark: place, margin, scale and opacity") {
  const auto marks = white_mark();
  const auto image = quarters_image(100, 100);
  const auto made =
      done(image,
           op("watermark",
              {{"file", word("w")}, {"scale", 0.2}, {"position", word("northwest")}, {"margin", whole(5)}}),
           marks);
  CHECK(made.bands() == 3);
  CHECK(is_near(at(made, 2, 2), red));
  CHECK(is_near(at(made, 10, 8), {255, 255, 255}));
  CHECK(is_near(at(made, 24, 14), {255, 255, 255}));
  CHECK(is_near(at(made, 26, 10), red));
  const auto faint = done(image, op("watermark", {{"file", word("w")}, {"opacity", 0.5}}), marks);
  CHECK(is_near(at(faint, 45, 48), {252, 127, 127}, 4));
}

TEST_CASE("watermark: tiles cover the image") {
  const auto made =
      done(quarters_image(100, 100),
           op("watermark", {{"file", word("w")}, {"scale", 0.2}, {"tile", true}, {"margin", whole(10)}}),
           white_mark());
  CHECK(made.width() == 100);
  for (const int x : {20, 50, 80})
    for (const int y : {14, 34, 74}) CHECK(is_near(at(made, x, y), {255, 255, 255}));
  CHECK(is_near(at(made, 3, 3), red));
}

TEST_CASE("watermark: one that was not handed in is refused") {
  CHECK_THROWS_AS(done(quarters_image(10, 10), op("watermark", {{"file", word("x")}})), pixels::refusal);
}

TEST_CASE("steps are done in their order") {
  const std::vector<operation> all{op("flip"), op("crop", {{"width", whole(10)}, {"height", whole(10)}}),
                                   op("blur"), op("sharpen"), op("resize", {{"width", whole(5)}})};
  const auto made = pixels::apply({quarters_image(40, 40)}, all, {}).front().copy_memory();
  CHECK(made.width() == 5);
  CHECK(is_near(at(made, 2, 2), dark_red));
}

}  // namespace
}  // namespace dip
