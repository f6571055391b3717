#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "tests/unit/codec/pixels.hpp"

namespace dip {
namespace {

using namespace testing;

const std::vector<double> white{255, 255, 255}, black{0, 0, 0};

TEST_CASE("median removes a speck and keeps an edge") {
  const auto image = loaded(memory_file{png(40, 20, 3,
                                            [](auto x, auto y) {
                                              if (x == 10 && y == 10) return rgba{255, 255, 255, 255};
                                              return quarters(x, y, 40, 20);
                                            })},
                            image_format::png);
  const auto made = done(image, op("median"));
  CHECK(is_near(at(made, 10, 11), dark_red));
  CHECK(is_near(at(made, 10, 10), dark_red));
  CHECK(is_near(at(made, 19, 2), red));
  CHECK(is_near(at(made, 20, 2), blue));
  CHECK(done(image, op("median", {{"size", whole(100)}})).width() == 40);
  CHECK(pixels::do_median(image, op("median", {{"size", whole(1)}})).get_image() == image.get_image());
}

TEST_CASE("median and pixelate take no colour from what cannot be seen") {
  const auto image = loaded(
      memory_file{png(
          40, 40, 4, [](auto x, auto) { return x % 3 == 0 ? rgba{0, 255, 0, 0} : rgba{200, 100, 50, 255}; })},
      image_format::png);
  CHECK(is_near(at(done(image, op("median")), 20, 20), {200, 100, 50, 255}));
  const auto blocks = at(done(image, op("pixelate", {{"size", whole(20)}})), 30, 30);
  CHECK(is_near({blocks[0], blocks[1], blocks[2]}, {200, 100, 50}, 4));
  CHECK(blocks[3] > 150);
}

TEST_CASE("pixelate makes blocks, also of what is left at the edge") {
  const auto made = done(quarters_image(45, 23), op("pixelate", {{"size", whole(10)}}));
  CHECK(made.width() == 45);
  CHECK(made.height() == 23);
  CHECK(at(made, 0, 0) == at(made, 9, 9));
  CHECK(at(made, 20, 0) == at(made, 29, 9));
  CHECK(at(made, 44, 22) == at(made, 40, 20));
  CHECK(done(quarters_image(45, 3), op("pixelate", {{"size", whole(1000)}})).width() == 45);
  const auto image = quarters_image(4, 4);
  CHECK(pixels::do_pixelate(image, op("pixelate", {{"size", whole(1)}})).get_image() == image.get_image());
}

TEST_CASE("threshold leaves black and white") {
  const auto image = loaded(
      memory_file{png(20, 10, 4,
                      [](auto x, auto) { return x < 10 ? rgba{100, 100, 100, 7} : rgba{140, 140, 140, 7}; })},
      image_format::png);
  const auto made = done(image, op("threshold"));
  CHECK(at(made, 2, 2) == std::vector<double>{0, 0, 0, 7});
  CHECK(at(made, 15, 2) == std::vector<double>{255, 255, 255, 7});
  CHECK(at(done(image, op("threshold", {{"level", whole(100)}})), 2, 2)[0] == 255);
  CHECK(at(done(image, op("threshold", {{"level", whole(141)}})), 15, 2)[0] == 0);
}

TEST_CASE("edge is white at the edge and black elsewhere") {
  const auto image = loaded(
      memory_file{png(40, 20, 3,
                      [](auto x, auto) { return x < 20 ? rgba{0, 0, 0, 255} : rgba{250, 250, 250, 255}; })},
      image_format::png);
  const auto made = done(image, op("edge"));
  CHECK(at(made, 19, 10)[0] > 200);
  CHECK(is_near(at(made, 5, 10), black));
  CHECK(is_near(at(made, 35, 10), black));
}

TEST_CASE("emboss leaves what is flat, and lights what faces the top left") {
  const auto image =
      loaded(memory_file{png(40, 40, 3,
                             [](auto x, auto y) {
                               const bool inside = x >= 10 && x < 30 && y >= 10 && y < 30;
                               return inside ? rgba{160, 160, 160, 255} : rgba{80, 80, 80, 255};
                             })},
             image_format::png);
  const auto made = done(image, op("emboss"));
  CHECK(is_near(at(made, 20, 20), {160, 160, 160}));
  CHECK(is_near(at(made, 3, 3), {80, 80, 80}));
  CHECK(at(made, 10, 10)[0] > 200);
  CHECK(at(made, 29, 29)[0] < at(made, 10, 10)[0]);
}

TEST_CASE("vignette darkens the corners, not the middle") {
  const auto image = plain(101, 61, {200, 200, 200, 77});
  const auto made = done(image, op("vignette", {{"strength", 1.0}}));
  CHECK(is_near(at(made, 50, 30), {200, 200, 200, 77}, 1));
  CHECK(at(made, 0, 0)[0] < 10);
  CHECK(at(made, 0, 30)[0] > 90);
  CHECK(at(made, 0, 0)[3] == 77);
  CHECK(at(done(image, op("vignette")), 0, 0)[0] > 95);
  CHECK(pixels::do_vignette(image, op("vignette", {{"strength", 0.0}})).get_image() == image.get_image());
}

TEST_CASE("round cuts the corners and nothing else") {
  const auto made = done(quarters_image(80, 40), op("round", {{"radius", whole(10)}}));
  REQUIRE(made.bands() == 4);
  for (const int x : {0, 79})
    for (const int y : {0, 39}) CHECK(at(made, x, y)[3] == 0);
  CHECK(at(made, 10, 0)[3] == 255);
  CHECK(at(made, 0, 20)[3] == 255);
  CHECK(at(made, 4, 4)[3] == 255);
  CHECK(at(made, 40, 20) == std::vector<double>{0, 0, 100, 255});
  // The edge is smooth: what is covered is the circle's area.
  const auto alpha = made.extract_band(3);
  const double missing = 80 * 40 - alpha.avg() / 255 * 80 * 40;
  CHECK(std::abs(missing - (4 - 3.14159265) * 100) < 2);
}

TEST_CASE("round: a large radius makes a circle, and alpha that was there counts") {
  const auto circle = done(plain(41, 41, {9, 9, 9, 128}), op("round", {{"radius", whole(65535)}}));
  CHECK(at(circle, 0, 0)[3] == 0);
  CHECK(at(circle, 20, 20)[3] == 128);
  CHECK(at(circle, 20, 0)[3] > 100);
  CHECK(at(circle, 5, 5)[3] == 0);
}

}  // namespace
}  // namespace dip
