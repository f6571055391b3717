#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "core/geometry.hpp"
#include "tests/unit/codec/pixels.hpp"

namespace dip {
namespace {

using namespace testing;

bool is_size(const VImage& image, int width, int height) {
  return image.width() == width && image.height() == height;
}

// 80 × 40 in each fit to 20 × 20.
VImage resized(std::string fit, std::string position = "centre") {
  return done(quarters_image(80, 40), op("resize", {{"width", whole(20)},
                                                    {"height", whole(20)},
                                                    {"fit", word(std::move(fit))},
                                                    {"position", word(std::move(position))},
                                                    {"background", word("#00ff00")}}));
}

TEST_CASE("resize: inside, outside and fill") {
  CHECK(is_size(resized("inside"), 20, 10));
  CHECK(is_size(resized("outside"), 40, 20));
  const auto filled = resized("fill");
  CHECK(is_size(filled, 20, 20));
  CHECK(is_near(at(filled, 2, 2), red));
  CHECK(is_near(at(filled, 17, 17), dark_blue));
}

TEST_CASE("resize: cover keeps what the position names") {
  CHECK(is_size(resized("cover"), 20, 20));
  CHECK(is_near(at(resized("cover", "centre"), 1, 1), red));
  CHECK(is_near(at(resized("cover", "centre"), 18, 1), blue));
  CHECK(is_near(at(resized("cover", "west"), 18, 1), red, 20));
  CHECK(is_near(at(resized("cover", "right"), 1, 1), blue, 20));
  CHECK(is_near(at(resized("cover", "southeast"), 1, 18), dark_blue, 20));
}

TEST_CASE("resize: attention and entropy find their own place") {
  const auto position = GENERATE("attention", "entropy");
  const auto image = loaded(memory_file{png(120, 40, 3,
                                            [](auto x, auto y) {
                                              const bool busy =
                                                  x >= 85 && x < 115 && (x / 2 + y / 2) % 2 == 0;
                                              return busy ? rgba{255, 60, 20, 255} : rgba{120, 120, 120, 255};
                                            })},
                            image_format::png);
  const auto made =
      done(image, op("resize", {{"width", whole(40)}, {"height", whole(40)}, {"position", word(position)}}));
  CHECK(is_size(made, 40, 40));
  CHECK(made.extract_band(0).max() > 200);
}

TEST_CASE("resize: contain pads with the background") {
  const auto made = resized("contain");
  CHECK(is_size(made, 20, 20));
  CHECK(is_near(at(made, 10, 0), {0, 255, 0}));
  CHECK(is_near(at(made, 2, 7), red, 20));
  CHECK(is_near(at(resized("contain", "north"), 2, 1), red, 20));
  CHECK(is_near(at(resized("contain", "north"), 2, 19), {0, 255, 0}));
  CHECK(is_near(at(resized("contain", "bottom"), 2, 19), dark_red, 20));
}

TEST_CASE("resize: an image of the size asked for is left alone") {
  const auto image = quarters_image(80, 40);
  const auto same = op("resize", {{"width", whole(80)}, {"height", whole(40)}});
  CHECK(pixels::do_resize(image, same).get_image() == image.get_image());
}

TEST_CASE("resize: a see-through neighbour has no colour") {
  const auto image = loaded(
      memory_file{png(
          40, 40, 4, [](auto x, auto) { return x % 2 == 0 ? rgba{200, 100, 50, 255} : rgba{0, 255, 0, 0}; })},
      image_format::png);
  const auto made = done(image, op("resize", {{"width", whole(10)}}));
  CHECK(is_near(at(made, 5, 5), {200, 100, 50, 127}, 4));
}

TEST_CASE("crop") {
  const auto made =
      done(quarters_image(40, 20),
           op("crop", {{"x", whole(18)}, {"y", whole(8)}, {"width", whole(4)}, {"height", whole(4)}}));
  CHECK(is_size(made, 4, 4));
  CHECK(at(made, 0, 0) == red);
  CHECK(at(made, 3, 3) == dark_blue);
  const auto outside = op("crop", {{"x", whole(38)}, {"width", whole(4)}, {"height", whole(4)}});
  CHECK_THROWS_AS(done(quarters_image(40, 20), outside), pixels::refusal);
}

TEST_CASE("rotate by quarters is clockwise and exact") {
  const auto image = quarters_image(40, 20);
  const auto turned = [&](double angle) { return done(image, op("rotate", {{"angle", angle}})); };
  CHECK(is_size(turned(90), 20, 40));
  CHECK(at(turned(90), 19, 0) == red);
  CHECK(at(turned(90), 0, 0) == dark_red);
  CHECK(at(turned(180), 39, 19) == red);
  CHECK(at(turned(-90), 0, 39) == red);
  CHECK(at(turned(360), 0, 0) == red);
}

TEST_CASE("rotate by any angle has the size of the plan") {
  const auto angle = GENERATE(range(-175.0, 180.0, 12.5));
  if (quarter_turns(angle)) return;
  const auto made =
      done(quarters_image(61, 34), op("rotate", {{"angle", angle}, {"background", word("#00ff00")}}));
  const auto size = rotate_geometry({61, 34}, angle);
  CHECK(is_size(made, static_cast<int>(size.width), static_cast<int>(size.height)));
  CHECK(is_near(at(made, 0, 0), {0, 255, 0}, 12));
}

TEST_CASE("rotate leaves see-through corners where the background is") {
  const auto made =
      done(quarters_image(40, 40), op("rotate", {{"angle", 45.0}, {"background", word("transparent")}}));
  REQUIRE(made.has_alpha());
  CHECK(at(made, 0, 0)[3] == 0);
  CHECK(at(made, made.width() / 2, made.height() / 2)[3] == 255);
}

TEST_CASE("flip and flop") {
  CHECK(at(done(quarters_image(40, 20), op("flip")), 0, 0) == dark_red);
  CHECK(at(done(quarters_image(40, 20), op("flop")), 0, 0) == blue);
}

}  // namespace
}  // namespace dip
