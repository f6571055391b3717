#include "core/geometry.hpp"

#include <string>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

namespace dip {
namespace {

operation resize(std::uint32_t width, std::uint32_t height, const std::string& fit, bool enlarge = false) {
  const auto side = [](std::uint32_t s) { return s == 0 ? param_value{} : param_value{std::int64_t{s}}; };
  return {"resize", {side(width), side(height), fit, "centre", enlarge, "#000000", "lanczos3"}};
}

resize_result without_crop(std::uint32_t width, std::uint32_t height) {
  return {width, height, width, height};
}

TEST_CASE("both sides given: each fit has its own way") {
  CHECK(resize_geometry(1000, 667, resize(400, 400, "cover")) == resize_result{600, 400, 400, 400});
  CHECK(resize_geometry(1000, 667, resize(400, 400, "contain")) == resize_result{400, 267, 400, 400});
  CHECK(resize_geometry(1000, 667, resize(400, 400, "inside")) == without_crop(400, 267));
  CHECK(resize_geometry(1000, 667, resize(400, 400, "outside")) == without_crop(600, 400));
  CHECK(resize_geometry(1000, 667, resize(400, 400, "fill")) == without_crop(400, 400));
}

TEST_CASE("one side given: the other follows, but with fill it stays") {
  const auto fit = GENERATE(values<std::string>({"cover", "contain", "inside", "outside"}));
  CHECK(resize_geometry(1000, 667, resize(400, 0, fit)) == without_crop(400, 267));
  CHECK(resize_geometry(1000, 667, resize(0, 400, fit)) == without_crop(600, 400));
  CHECK(resize_geometry(1000, 667, resize(400, 0, "fill")) == without_crop(400, 667));
  CHECK(resize_geometry(1000, 667, resize(0, 400, "fill")) == without_crop(1000, 400));
}

TEST_CASE("without enlarge nothing is scaled up, and only contain still pads") {
  CHECK(resize_geometry(100, 50, resize(400, 400, "cover")) == without_crop(100, 50));
  CHECK(resize_geometry(100, 50, resize(80, 400, "cover")) == resize_result{100, 50, 80, 50});
  CHECK(resize_geometry(100, 50, resize(400, 400, "contain")) == resize_result{100, 50, 400, 400});
  CHECK(resize_geometry(100, 50, resize(400, 400, "inside")) == without_crop(100, 50));
  CHECK(resize_geometry(100, 50, resize(400, 20, "outside")) == without_crop(100, 50));
  CHECK(resize_geometry(100, 50, resize(400, 20, "fill")) == without_crop(100, 20));
  CHECK(resize_geometry(100, 50, resize(400, 0, "cover")) == without_crop(100, 50));
}

TEST_CASE("with enlarge all fits scale up") {
  CHECK(resize_geometry(100, 50, resize(400, 400, "cover", true)) == resize_result{800, 400, 400, 400});
  CHECK(resize_geometry(100, 50, resize(400, 400, "contain", true)) == resize_result{400, 200, 400, 400});
  CHECK(resize_geometry(100, 50, resize(400, 400, "inside", true)) == without_crop(400, 200));
  CHECK(resize_geometry(100, 50, resize(400, 400, "outside", true)) == without_crop(800, 400));
  CHECK(resize_geometry(100, 50, resize(400, 20, "fill", true)) == without_crop(400, 20));
  CHECK(resize_geometry(100, 50, resize(0, 400, "cover", true)) == without_crop(800, 400));
}

TEST_CASE("a half pixel is rounded up") {
  CHECK(resize_geometry(1000, 5, resize(500, 0, "cover")) == without_crop(500, 3));
  CHECK(resize_geometry(1000, 13, resize(100, 0, "cover")) == without_crop(100, 1));
}

TEST_CASE("no side is ever 0, and none wraps around") {
  CHECK(resize_geometry(65535, 1, resize(1, 0, "cover")) == without_crop(1, 1));
  CHECK(resize_geometry(1, 65535, resize(1, 1, "inside")) == without_crop(1, 1));
  const auto huge = resize_geometry(50'000'000, 1, resize(0, 65535, "cover", true));
  CHECK(huge.scaled_width == UINT32_MAX);
  CHECK(huge.scaled_height == 65535);
}

TEST_CASE("resizing what was resized changes nothing") {
  const auto fit = GENERATE(values<std::string>({"cover", "contain", "inside", "outside", "fill"}));
  for (std::uint32_t width = 1; width < 1500; width += 37)
    for (std::uint32_t height = 1; height < 1500; height += 41)
      for (const auto& op : {resize(200, 300, fit), resize(311, 97, fit), resize(123, 0, fit)}) {
        const auto once = resize_geometry(width, height, op);
        const auto again = resize_geometry(once.scaled_width, once.scaled_height, op);
        if (!(again == once)) FAIL_CHECK(fit << " of " << width << " x " << height);
      }
}

TEST_CASE("a size is brought inside of bounds, never grown") {
  CHECK(fit_inside({1000, 500}, {}, {}) == image_size{1000, 500});
  CHECK(fit_inside({1000, 500}, 2000, 500) == image_size{1000, 500});
  CHECK(fit_inside({1000, 500}, 100, {}) == image_size{100, 50});
  CHECK(fit_inside({1000, 500}, {}, 100) == image_size{200, 100});
  CHECK(fit_inside({1000, 500}, 100, 10) == image_size{20, 10});
  CHECK(fit_inside({1000, 1}, 1, {}) == image_size{1, 1});
}

TEST_CASE("quarter turns are counted clockwise") {
  const auto [degrees, turns] = GENERATE(table<double, unsigned>(
      {{0, 0U}, {90, 1U}, {180, 2U}, {270, 3U}, {360, 0U}, {-90, 3U}, {-180, 2U}, {-270, 1U}, {-360, 0U}}));
  CHECK(quarter_turns(degrees) == turns);
  CHECK(quarter_turns(degrees + 0.5) == std::nullopt);
}

TEST_CASE("a turned image is held by its upright rectangle") {
  CHECK(rotate_geometry({100, 50}, 180) == image_size{100, 50});
  CHECK(rotate_geometry({100, 50}, -90) == image_size{50, 100});
  CHECK(rotate_geometry({100, 100}, 45) == image_size{141, 141});
  CHECK(rotate_geometry({100, 50}, 30) == image_size{112, 93});
  CHECK(rotate_geometry({100, 50}, -30) == image_size{112, 93});
}

}  // namespace
}  // namespace dip
