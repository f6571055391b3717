#include <string_view>
#include <utility>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/codec/pixels.hpp"

namespace dip {
namespace {

using namespace testing;

// The sum of the red band of black with text on it.
double ink(std::vector<std::pair<std::string_view, param_value>> given) {
  auto writing = op("text");
  const auto* spec = find_operation("text");
  for (size_t i = 0; i < spec->params.size(); ++i)
    for (const auto& [key, value] : given)
      if (key == spec->params[i].name) writing.params[i] = value;
  return done(plain(200, 80, {0, 0, 0, 255}), writing).extract_band(0).avg();
}

TEST_CASE("text is drawn, literally") {
  const double some = ink({{"text", word("Hello")}});
  CHECK(some > 1);
  CHECK(ink({{"text", word("Hello")}, {"opacity", 0.5}}) < 0.6 * some);
  CHECK(ink({{"text", word("Hello")}, {"opacity", 0.0}}) == 0);
  CHECK(ink({{"text", word("Hello")}, {"color", word("#00ff00")}}) == 0);
  CHECK(ink({{"text", word(" \n ")}}) == 0);
  // As markup this would be one letter.
  CHECK(ink({{"text", word("<b>i</b>")}, {"size", 20.0}}) > 2 * ink({{"text", word("i")}, {"size", 20.0}}));
  CHECK(ink({{"text", word("a & b < c \x01")}}) > 1);
}

TEST_CASE("text stands where it is put") {
  const auto image = plain(200, 80, {0, 0, 0, 255});
  const auto made =
      done(image, op("text", {{"text", word("X")}, {"size", 20.0}, {"position", word("southeast")}}));
  CHECK(made.extract_area(0, 0, 150, 80).extract_band(0).max() == 0);
  CHECK(made.extract_area(150, 40, 50, 40).extract_band(0).max() > 200);
}

}  // namespace
}  // namespace dip
