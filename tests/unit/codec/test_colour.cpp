#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "core/operation_table.hpp"
#include "tests/unit/codec/pixels.hpp"

namespace dip {
namespace {

using namespace testing;

// The one colour that a step makes of another, its alpha the last.
std::vector<double> of(rgba colour, const operation& step) {
  return at(done(plain(9, 9, colour), step), 4, 4);
}

TEST_CASE("sepia is warm, keeps dark and light apart, and keeps the alpha") {
  const auto grey = of({100, 100, 100, 77}, op("sepia"));
  CHECK(is_near(grey, {135, 120, 93, 77}, 1));
  CHECK(of({200, 200, 200, 255}, op("sepia"))[1] > grey[1]);
  CHECK(is_near(of({0, 0, 0, 255}, op("sepia")), {0, 0, 0, 255}));
}

TEST_CASE("tint gives the hue and leaves the lightness") {
  const auto red_tint = op("tint", {{"color", word("#ff0000")}});
  const auto made = of({120, 120, 120, 9}, red_tint);
  CHECK(made[0] > made[1] + 30);
  CHECK(made[3] == 9);
  const auto grey = at(done(plain(9, 9, {120, 120, 120, 255}), op("grayscale")), 4, 4);
  const auto tinted_grey = at(done(done(plain(9, 9, {120, 120, 120, 255}), red_tint), op("grayscale")), 4, 4);
  CHECK(std::abs(grey[0] - tinted_grey[0]) < 25);
  CHECK(is_near(of({120, 120, 120, 255}, op("tint", {{"color", word("#888")}})), {120, 120, 120, 255}));
}

TEST_CASE("negate turns colours around and leaves the alpha") {
  CHECK(of({10, 200, 255, 77}, op("negate")) == std::vector<double>{245, 55, 0, 77});
}

TEST_CASE("contrast moves away from the middle, and stops at black and white") {
  const auto with = [](double amount) { return op("contrast", {{"amount", amount}}); };
  CHECK(is_near(of({100, 150, 250, 77}, with(2)), {72, 172, 255, 77}, 1));
  CHECK(is_near(of({0, 150, 255, 255}, with(0)), {127, 127, 127, 255}, 1));
  const auto image = plain(4, 4, {1, 2, 3, 255});
  CHECK(pixels::do_contrast(image, with(1)).get_image() == image.get_image());
}

TEST_CASE("gamma above 1 lightens the middle and leaves the ends") {
  CHECK(of({100, 0, 255, 77}, op("gamma"))[0] > 150);
  CHECK(is_near(of({0, 255, 64, 77}, op("gamma")), {0, 255, 136, 77}, 2));
  CHECK(of({100, 0, 255, 255}, op("gamma", {{"gamma", 0.5}}))[0] < 50);
  const auto image = plain(4, 4, {1, 2, 3, 255});
  CHECK(pixels::do_gamma(image, op("gamma", {{"gamma", 1.0}})).get_image() == image.get_image());
}

// From `low` to `high`, left to right.
VImage ramp(double low, double high, unsigned bands = 3) {
  return loaded(memory_file{png(100, 20, bands,
                                [=](auto x, auto) {
                                  const auto value = static_cast<std::uint8_t>(low + (high - low) * x / 99);
                                  return rgba{value, value, value, 77};
                                })},
                image_format::png);
}

TEST_CASE("normalize stretches a flat image over the whole range") {
  const auto made = done(ramp(100, 150, 4), op("normalize"));
  CHECK(at(made, 1, 10)[0] < 15);
  CHECK(at(made, 98, 10)[0] > 240);
  CHECK(at(made, 50, 10)[3] == 77);
  const auto plain_grey = plain(9, 9, {90, 90, 90, 255});
  CHECK(is_near(at(done(plain_grey, op("normalize")), 4, 4), {90, 90, 90, 255}));
}

TEST_CASE("frames are normalized together") {
  const auto step = op("normalize");
  const auto made = pixels::apply({ramp(100, 150), plain(100, 20, {125, 125, 125, 255})}, {&step, 1}, {});
  CHECK(at(made[0], 1, 10)[0] < 15);
  CHECK(is_near({at(made[1], 5, 5)[0]}, {at(made[0], 50, 10)[0]}, 12));
}

TEST_CASE("clahe raises local contrast, within its slope") {
  const auto flat = loaded(memory_file{png(64, 64, 3,
                                           [](auto x, auto y) {
                                             const std::uint8_t value = (x / 4 + y / 4) % 2 == 0 ? 120 : 130;
                                             return rgba{value, value, value, 255};
                                           })},
                           image_format::png);
  const auto spread = [&](std::int64_t slope) {
    const auto made =
        done(flat, op("clahe", {{"width", whole(16)}, {"height", whole(16)}, {"max_slope", whole(slope)}}));
    return made.max() - made.min();
  };
  CHECK(spread(0) > 50);
  CHECK(spread(3) < spread(0));
  // A window larger than the image is the image.
  CHECK(done(flat, op("clahe", {{"width", whole(65535)}, {"height", whole(65535)}})).width() == 64);
}

TEST_CASE("flatten shows its background where the image can be seen through") {
  const auto step = op("flatten", {{"background", word("#00ff00")}});
  CHECK(is_near(of({200, 0, 0, 0}, step), {0, 255, 0}));
  CHECK(is_near(of({200, 0, 0, 128}, step), {100, 127, 0}, 2));
  CHECK(is_near(of({200, 0, 0, 0}, op("flatten")), {255, 255, 255}));
  const auto image = quarters_image(8, 8);
  CHECK(pixels::do_flatten(image, step).get_image() == image.get_image());
}

}  // namespace
}  // namespace dip
