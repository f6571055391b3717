#include "core/prediction.hpp"

#include "tests/unit/core/plan_kit.hpp"

namespace dip {
namespace {

using namespace test;

TEST_CASE("what keeps a core busy for long is slow") {
  CHECK_FALSE(is_slow(*plan(photo(4000, 3000), asked(""))));
  CHECK(is_slow(*plan(photo(4000, 3000), asked(R"("outputs":[{"format":"avif","effort":4}])"))));
  auto header = photo(500, 500, image_format::gif);
  header.pages = 100;
  CHECK_FALSE(is_slow(*plan(header, asked(R"("outputs":[{"format":"webp"}])"))));
  header.width = 1600;
  CHECK(is_slow(*plan(header, asked(R"("outputs":[{"format":"webp"}])"))));
}

TEST_CASE("more work is predicted to cost more") {
  const auto cost = [](const image_header& header, const std::string& fields) {
    return plan(header, asked(fields))->cost;
  };
  const auto header = photo(4000, 3000);
  auto slow = header;
  slow.interlaced = true;
  CHECK(cost(header, "") == 36'000'000);
  CHECK(cost(slow, "") > cost(header, ""));
  CHECK(cost(header, R"("operations":[{"op":"resize","width":400}])") < cost(header, ""));
  CHECK(cost(header, R"("outputs":[{"format":"webp"}])") > cost(header, ""));
  CHECK(cost(header, R"("outputs":[{"format":"webp","lossless":true}])") >
        cost(header, R"("outputs":[{"format":"webp"}])"));
  CHECK(cost(photo(4000, 3000, image_format::png), "") > cost(header, ""));
}

TEST_CASE("operations cost by what they do, and how much of it") {
  const auto cost = [](const std::string& step) { return plan(photo(2000, 1000), steps(step))->cost; };
  CHECK(cost(R"({"op":"blur","sigma":1})") > cost(R"({"op":"flip"})"));
  CHECK(cost(R"({"op":"blur","sigma":50})") > cost(R"({"op":"blur","sigma":5})"));
  CHECK(cost(R"({"op":"median","size":9})") > cost(R"({"op":"median","size":3})"));
  // What comes after a step that makes the image smaller costs less.
  CHECK(cost(R"({"op":"crop","x":0,"y":0,"width":9,"height":9},{"op":"blur","sigma":9})") <
        cost(R"({"op":"blur","sigma":9},{"op":"crop","x":0,"y":0,"width":9,"height":9})"));
}

TEST_CASE("memory is predicted from what is held whole") {
  const auto memory = [](const image_header& header, const std::string& fields) {
    return plan(header, asked(fields))->memory;
  };
  const auto small = R"("operations":[{"op":"resize","width":100}])";
  const auto baseline = photo(4000, 3000);
  CHECK(memory(baseline, small) < 1'000'000);
  CHECK(memory(baseline, "") > 70'000'000);
  auto progressive = baseline;
  progressive.interlaced = true;
  CHECK(memory(progressive, small) > 30'000'000);
  auto film = photo(400, 300, image_format::gif);
  film.pages = 50;
  CHECK(memory(film, R"("outputs":[{"format":"webp"}])") > memory(film, R"("outputs":[{"format":"png"}])"));
}

TEST_CASE("what a child is predicted not to be able to do is refused, on both sides of each bound") {
  auto made = *plan(photo(400, 300), asked(""));
  const limits_config limits;
  const milliseconds timeout{1'000};
  CHECK(check_prediction(made, limits, timeout));
  made.longer_stage = 200'000'000;  // of 5 ns
  CHECK(check_prediction(made, limits, timeout));
  made.longer_stage += 1;
  const auto late = check_prediction(made, limits, timeout);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == errc::too_many_pixels);
  made.longer_stage = 0;
  made.memory = limits.memory - 64 * mebibyte;
  CHECK(check_prediction(made, limits, timeout));
  made.memory += 1;
  const auto large = check_prediction(made, limits, timeout);
  REQUIRE_FALSE(large);
  CHECK(large.error().code == errc::too_many_pixels);
}

TEST_CASE("what the default limits let in is not refused by its prediction") {
  const limits_config limits;
  const milliseconds timeout{60'000};
  const auto goes = [&](const image_header& header, const std::string& fields) {
    const auto made = plan(header, asked(fields));
    REQUIRE(made);
    return check_prediction(*made, limits, timeout).has_value();
  };
  CHECK(goes(photo(8000, 6000), ""));
  CHECK(goes(photo(8000, 6000),
             R"("outputs":[{"format":"webp"},{"name":"a","format":"avif"},{"name":"p","format":"png"}])"));
  CHECK(goes(photo(8000, 6000), R"("operations":[{"op":"sharpen"},{"op":"blur","sigma":5}])"));
  auto film = photo(500, 500, image_format::gif);
  film.pages = 100;
  CHECK(goes(film, ""));
  CHECK(goes(film, R"("outputs":[{"format":"webp"}])"));
  // What could not: 48 million pixels with the slowest of encoders, or each with the mean of thousands,
  // twice; an animation that is held three times.
  CHECK_FALSE(goes(photo(8000, 6000), R"("outputs":[{"format":"avif","effort":6}])"));
  CHECK_FALSE(
      goes(photo(8000, 6000), R"("operations":[{"op":"blur","sigma":1000},{"op":"blur","sigma":1000}])"));
  film.width = film.height = 1600;
  CHECK_FALSE(goes(film, R"("outputs":[{"format":"gif"}])"));
}

}  // namespace
}  // namespace dip
