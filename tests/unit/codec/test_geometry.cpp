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
  CHECK(pixels::make_resize({&image, 1}, same)(image).get_image() == image.get_image());
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

TEST_CASE("extend adds what it is told on each side") {
  const auto made = done(quarters_image(40, 20), op("extend", {{"top", whole(1)},
                                                               {"right", whole(2)},
                                                               {"bottom", whole(3)},
                                                               {"left", whole(4)},
                                                               {"background", word("#00ff00")}}));
  CHECK(is_size(made, 46, 24));
  CHECK(at(made, 3, 5) == std::vector<double>{0, 255, 0});
  CHECK(at(made, 44, 5) == std::vector<double>{0, 255, 0});
  CHECK(at(made, 20, 0) == std::vector<double>{0, 255, 0});
  CHECK(at(made, 20, 21) == std::vector<double>{0, 255, 0});
  CHECK(at(made, 4, 1) == red);
  CHECK(at(made, 43, 20) == dark_blue);
  const auto see_through =
      done(quarters_image(40, 20), op("extend", {{"top", whole(5)}, {"background", word("transparent")}}));
  CHECK(at(see_through, 0, 0) == std::vector<double>{0, 0, 0, 0});
  CHECK(at(see_through, 0, 5) == std::vector<double>{250, 0, 0, 255});
  const auto image = quarters_image(40, 20);
  CHECK(pixels::do_extend(image, op("extend")).get_image() == image.get_image());
}

// A red rectangle of 20 × 10 at (7, 5).
VImage framed(rgba around) {
  return loaded(memory_file{png(40, 30, 4,
                                [=](auto x, auto y) {
                                  const bool inside = x >= 7 && x < 27 && y >= 5 && y < 15;
                                  return inside ? rgba{250, 0, 0, 255} : around;
                                })},
                image_format::png);
}

TEST_CASE("trim cuts off what looks like the corner") {
  const auto around = GENERATE(rgba{255, 255, 255, 255}, rgba{0, 0, 0, 0}, rgba{250, 0, 0, 0});
  const auto made = done(framed(around), op("trim"));
  CHECK(is_size(made, 20, 10));
  CHECK(at(made, 0, 0) == std::vector<double>{250, 0, 0, 255});
  CHECK(at(made, 19, 9) == std::vector<double>{250, 0, 0, 255});
}

TEST_CASE("trim: the threshold says what looks alike, and a plain image stays") {
  const auto near = framed({240, 0, 0, 255});
  CHECK(is_size(done(near, op("trim", {{"threshold", 5.0}})), 20, 10));
  CHECK(is_size(done(near, op("trim", {{"threshold", 20.0}})), 40, 30));
  CHECK(is_size(done(plain(9, 8, {1, 2, 3, 255}), op("trim")), 9, 8));
}

TEST_CASE("frames stay of one size: they are trimmed together and keep the same part") {
  const auto dot = [](std::uint32_t at) {
    return loaded(memory_file{png(40, 20, 3,
                                  [=](auto x, auto y) {
                                    const bool here = x >= at && x < at + 3 && y >= 8 && y < 12;
                                    return here ? rgba{250, 0, 0, 255} : rgba{9, 9, 9, 255};
                                  })},
                  image_format::png);
  };
  const auto cut = op("trim");
  const auto trimmed = pixels::apply({dot(5), dot(20)}, {&cut, 1}, {});
  REQUIRE(trimmed.size() == 2);
  for (const auto& frame : trimmed) CHECK(is_size(frame, 18, 4));
  CHECK(at(trimmed[0], 0, 0) == red);
  CHECK(at(trimmed[1], 17, 3) == red);

  const auto cover =
      op("resize", {{"width", whole(10)}, {"height", whole(20)}, {"position", word("attention")}});
  const auto kept = pixels::apply({dot(5), dot(30)}, {&cover, 1}, {});
  CHECK(kept[0].extract_band(0).max() > 200);
  CHECK(kept[1].extract_band(0).max() < 20);
}

TEST_CASE("what grows over the bounds is refused where it does") {
  const auto refused = [](const operation& step, const pixels::bounds& most) {
    try {
      (void)pixels::apply({quarters_image(40, 20)}, {&step, 1}, {}, most);
      return errc::internal;
    } catch (const pixels::refusal& why) {
      return why.code;
    }
  };
  const auto wider = op("extend", {{"right", whole(10)}});
  CHECK(refused(wider, {.pixels = 1000, .side = 50}) == errc::internal);
  CHECK(refused(wider, {.pixels = 999, .side = 50}) == errc::invalid_operation);
  CHECK(refused(wider, {.pixels = 1000, .side = 49}) == errc::invalid_operation);
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
