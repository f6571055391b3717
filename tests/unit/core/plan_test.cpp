#include "core/plan.hpp"

#include <string>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <nlohmann/json.hpp>

#include "core/codec.hpp"
#include "core/config.hpp"
#include "tests/unit/core/plan_kit.hpp"

namespace dip {
namespace {

using namespace test;

// "{shrink} {width}x{height}"
std::string preprocessed(const image_header& header, const recipe& what) {
  const auto made = plan(header, what);
  REQUIRE(made);
  const auto& p = made->preprocess;
  return std::to_string(p.shrink) + " " + std::to_string(p.width) + "x" + std::to_string(p.height);
}

TEST_CASE("without a resize the image keeps its size") {
  CHECK(preprocessed(photo(4000, 3000), asked("")) == "1 4000x3000");
  CHECK(preprocessed(photo(4000, 3000), steps(R"({"op":"flip"},{"op":"blur"})")) == "1 4000x3000");
}

TEST_CASE("the working size is what the first resize scales to") {
  const auto header = photo(4000, 3000);
  CHECK(preprocessed(header, steps(R"({"op":"resize","width":400})")) == "8 400x300");
  CHECK(preprocessed(header, steps(R"({"op":"resize","width":400,"height":400})")) == "4 533x400");
  CHECK(preprocessed(header, steps(R"({"op":"resize","width":400,"height":400,"fit":"contain"})")) ==
        "8 400x300");
  CHECK(preprocessed(header, steps(R"({"op":"resize","width":400,"height":100,"fit":"fill"})")) ==
        "8 400x100");
  CHECK(preprocessed(header, steps(R"({"op":"resize","width":400},{"op":"resize","width":40})")) ==
        "8 400x300");
}

TEST_CASE("the decoder shrinks as far as the working size lets it") {
  const auto [width, shrink] = GENERATE(table<int, std::string>(
      {{4000, "1"}, {2001, "1"}, {2000, "2"}, {1001, "2"}, {1000, "4"}, {501, "4"}, {500, "8"}, {1, "8"}}));
  CAPTURE(width);
  const auto what = steps(R"({"op":"resize","width":)" + std::to_string(width) + "}");
  CHECK(preprocessed(photo(4000, 3000), what).substr(0, 1) == shrink);
  CHECK(preprocessed(photo(4000, 3000, image_format::png), what).substr(0, 1) == "1");
  CHECK(preprocessed(photo(4000, 3000, image_format::webp), what).substr(0, 1) == "1");
}

TEST_CASE("a decoder that shrinks rounds sides up") {
  CHECK(preprocessed(photo(800, 800), steps(R"({"op":"resize","width":101})")) == "4 101x101");
  CHECK(preprocessed(photo(801, 801), steps(R"({"op":"resize","width":101})")) == "8 101x101");
}

TEST_CASE("both directions must be large enough for the shrink") {
  const auto what = steps(R"({"op":"resize","width":100,"height":2000,"fit":"fill"})");
  CHECK(preprocessed(photo(4000, 3000), what) == "1 100x2000");
}

TEST_CASE("steps that commute with scaling may come before it") {
  const auto header = photo(4000, 3000);
  const auto first = GENERATE(values<std::string>(
      {R"({"op":"flip"})", R"({"op":"flop"})", R"({"op":"grayscale"})", R"({"op":"modulate","hue":90})",
       R"({"op":"sepia"})", R"({"op":"tint","color":"#f00"})", R"({"op":"negate"})",
       R"({"op":"contrast","amount":2})", R"({"op":"gamma"})", R"({"op":"flatten"})",
       R"({"op":"rotate","angle":180})", R"({"op":"rotate","angle":90},{"op":"rotate","angle":-90})"}));
  CAPTURE(first);
  CHECK(preprocessed(header, steps(first + R"(,{"op":"resize","width":400})")) == "8 400x300");
}

TEST_CASE("a quarter turn before the resize swaps its sides") {
  const auto angle = GENERATE(values<std::string>({"90", "-90", "270"}));
  CHECK(preprocessed(photo(4000, 3000), steps(R"({"op":"rotate","angle":)" + angle +
                                              R"(},{"op":"resize","width":300})")) == "8 400x300");
}

TEST_CASE("steps that need every pixel keep the size") {
  const auto first = GENERATE(values<std::string>(
      {R"({"op":"blur"})", R"({"op":"sharpen"})", R"({"op":"crop","width":9,"height":9})",
       R"({"op":"text","text":"a"})", R"({"op":"watermark","file":"01J9Z3V5W6X7Y8Z9ABCDEFGHJK.png"})",
       R"({"op":"rotate","angle":45})", R"({"op":"trim"})", R"({"op":"extend","top":1})",
       R"({"op":"normalize"})", R"({"op":"clahe","width":9,"height":9})", R"({"op":"median"})",
       R"({"op":"pixelate"})", R"({"op":"threshold"})", R"({"op":"edge"})", R"({"op":"emboss"})",
       R"({"op":"vignette"})", R"({"op":"round","radius":9})"}));
  CAPTURE(first);
  CHECK(preprocessed(photo(400, 300), steps(first + R"(,{"op":"resize","width":40})")) == "1 400x300");
}

TEST_CASE("nothing is scaled up before its time") {
  CHECK(preprocessed(photo(400, 300), steps(R"({"op":"resize","width":800})")) == "1 400x300");
  CHECK(preprocessed(photo(400, 300), steps(R"({"op":"resize","width":800,"enlarge":true})")) == "1 400x300");
  CHECK(preprocessed(photo(400, 300),
                     steps(R"({"op":"resize","width":800,"height":30,"fit":"fill","enlarge":true})")) ==
        "1 400x30");
}

TEST_CASE("the largest of all outputs is what is kept") {
  const auto header = photo(4000, 3000);
  CHECK(preprocessed(header, asked(R"("outputs":[{"name":"a","operations":[{"op":"resize","width":160}]},
      {"name":"b","operations":[{"op":"resize","width":800}]}])")) == "4 800x600");
  CHECK(preprocessed(header, asked(R"("outputs":[{"name":"a","operations":[{"op":"resize","width":160}]},
      {"name":"b"}])")) == "1 4000x3000");
}

TEST_CASE("an output that squeezes the image does not squeeze the others") {
  CHECK(preprocessed(photo(4000, 3000), asked(R"("outputs":[
      {"name":"a","operations":[{"op":"resize","width":100,"height":600,"fit":"fill"}]},
      {"name":"b","operations":[{"op":"resize","width":80}]}])")) == "4 800x600");
  CHECK(preprocessed(photo(4000, 3000), asked(R"("outputs":[
      {"name":"a","operations":[{"op":"resize","width":100,"height":600,"fit":"fill"}]},
      {"name":"b","operations":[{"op":"resize","width":100,"height":600,"fit":"fill"}]}])")) == "4 100x600");
}

TEST_CASE("the request's own bounds are kept, proportions and all") {
  const auto header = photo(4000, 3000);
  CHECK(preprocessed(header, asked(R"("preprocess":{"max_width":1000})")) == "4 1000x750");
  CHECK(preprocessed(header, asked(R"("preprocess":{"max_width":4000,"max_height":300})")) == "8 400x300");
  CHECK(preprocessed(header, asked(R"("preprocess":{"max_width":9000})")) == "1 4000x3000");
  CHECK(
      preprocessed(header,
                   asked(R"("preprocess":{"max_width":1000},"operations":[{"op":"resize","width":2000}])")) ==
      "4 1000x750");
}

TEST_CASE("sizes are those of the upright image") {
  auto header = photo(4000, 3000);
  header.orientation = 6;
  CHECK(preprocessed(header, asked("")) == "1 3000x4000");
  CHECK(preprocessed(header, steps(R"({"op":"resize","width":300})")) == "8 300x400");
}

TEST_CASE("colours are converted only where they are not sRGB in 8 bits") {
  auto header = photo(10, 10);
  CHECK_FALSE(plan(header, asked(""))->preprocess.convert_colour);
  header.colour = image_header::colour_kind::grey;
  CHECK_FALSE(plan(header, asked(""))->preprocess.convert_colour);
  header.colour = image_header::colour_kind::cmyk;
  CHECK(plan(header, asked(""))->preprocess.convert_colour);
  header = photo(10, 10);
  header.has_profile = true;
  CHECK(plan(header, asked(""))->preprocess.convert_colour);
  header = photo(10, 10, image_format::png);
  header.bits = 16;
  CHECK(plan(header, asked(""))->preprocess.convert_colour);
}

TEST_CASE("an output is the input's format where none is asked for") {
  CHECK(plan(photo(9, 9, image_format::png), asked(""))->outputs[0].format == image_format::png);
  CHECK(plan(photo(9, 9), asked(R"("outputs":[{"format":"webp"}])"))->outputs[0].format ==
        image_format::webp);
  CHECK(plan(photo(9, 9, image_format::gif), asked(""))->outputs[0].format == image_format::gif);
  auto header = photo(9, 9, image_format::heic);
  CHECK(plan(header, asked(""))->outputs[0].format == image_format::jpeg);
  header.has_alpha = true;
  CHECK(plan(header, asked(""))->outputs[0].format == image_format::webp);
}

TEST_CASE("options have defaults, and those that the format lacks are left aside") {
  const auto plain = plan(photo(9, 9), asked(""))->outputs[0];
  CHECK(plain == output_plan{"result", image_format::jpeg, 80, 4, false, false, {}});
  const auto what = asked(R"("outputs":[{"quality":7,"effort":2,"lossless":true,"progressive":true}])");
  CHECK(plan(photo(9, 9), what)->outputs[0] ==
        output_plan{"result", image_format::jpeg, 7, 2, false, true, {}});
  CHECK(plan(photo(9, 9, image_format::webp), what)->outputs[0] ==
        output_plan{"result", image_format::webp, 7, 2, true, false, {}});
}

TEST_CASE("an output's steps follow the request's") {
  const auto made = plan(photo(9, 9), asked(R"("operations":[{"op":"flip"}],
      "outputs":[{"name":"a"},{"name":"b","operations":[{"op":"flop"}]}])"));
  REQUIRE(made);
  CHECK(made->outputs[0].operations == std::vector<operation>{{"flip", {}}});
  CHECK(made->outputs[1].operations == std::vector<operation>{{"flip", {}}, {"flop", {}}});
}

TEST_CASE("a crop must lie inside of the image as it is at its step") {
  const auto [list, fits] = GENERATE(table<std::string, bool>({
      {R"({"op":"crop","width":400,"height":300})", true},
      {R"({"op":"crop","x":1,"width":400,"height":300})", false},
      {R"({"op":"crop","y":1,"width":400,"height":300})", false},
      {R"({"op":"crop","x":399,"y":299,"width":1,"height":1})", true},
      {R"({"op":"crop","x":65535,"width":65535,"height":1})", false},
      {R"({"op":"rotate","angle":90},{"op":"crop","width":300,"height":400})", true},
      {R"({"op":"rotate","angle":90},{"op":"crop","width":301,"height":400})", false},
      {R"({"op":"rotate","angle":45},{"op":"crop","width":495,"height":495})", true},
      {R"({"op":"rotate","angle":45},{"op":"crop","width":496,"height":495})", false},
      {R"({"op":"resize","width":40},{"op":"crop","x":30,"width":10,"height":30})", true},
      {R"({"op":"resize","width":40},{"op":"crop","x":31,"width":10,"height":30})", false},
      {R"({"op":"crop","width":50,"height":50},{"op":"crop","width":51,"height":1})", false},
      {R"({"op":"extend","left":10,"bottom":5},{"op":"crop","width":410,"height":305})", true},
      {R"({"op":"extend","left":10,"bottom":5},{"op":"crop","width":410,"height":306})", false},
  }));
  CAPTURE(list);
  CHECK(plan(photo(400, 300), steps(list)).has_value() == fits);
}

TEST_CASE("the step that cannot be done is named where the caller wrote it") {
  const auto pointer = [](const std::string& fields) {
    const auto made = plan(photo(400, 300), asked(fields));
    REQUIRE_FALSE(made);
    CHECK(made.error().code == errc::invalid_operation);
    return made.error().pointer;
  };
  const std::string crop = R"({"op":"crop","width":401,"height":1})", flip = R"({"op":"flip"})";
  CHECK(pointer(R"("operations":[)" + flip + "," + crop + "]") == "/operations/1");
  CHECK(pointer(R"("operations":[)" + flip + R"(],"outputs":[{"name":"a"},{"name":"b","operations":[)" +
                flip + "," + crop + "]}]") == "/outputs/1/operations/1");
}

TEST_CASE("an output's sides are bounded") {
  limits_config limits;
  limits.side = 100;
  const auto refused = [&](const std::string& list) {
    const auto made = plan(photo(200, 50), steps(list), limits);
    return made ? "none" : made.error().pointer;
  };
  CHECK(refused("") == "/outputs/0");
  CHECK(refused(R"({"op":"flip"})") == "/outputs/0");
  CHECK(refused(R"({"op":"resize","width":100})") == "none");
  CHECK(refused(R"({"op":"flip"},{"op":"resize","width":101})") == "/operations/1");
  CHECK(refused(R"({"op":"blur"},{"op":"resize","width":101})") == "/operations/1");
  CHECK(refused(R"({"op":"resize","height":101,"enlarge":true})") == "/operations/0");
  CHECK(refused(R"({"op":"crop","width":100,"height":50})") == "none");
  CHECK(refused(R"({"op":"rotate","angle":90})") == "/operations/0");
  CHECK(refused(R"({"op":"resize","width":100,"height":101,"fit":"contain"})") == "/operations/0");
}

TEST_CASE("what a trim leaves is not known, and nothing after it is refused here") {
  limits_config limits;
  limits.side = 100;
  limits.pixels = 10'000;
  const auto made = plan(photo(100, 100), steps(R"({"op":"trim"},{"op":"resize","width":8000,"enlarge":true},
      {"op":"crop","width":9000,"height":1})"),
                         limits);
  CHECK(made);
}

TEST_CASE("no step may blow the image up over the pixels allowed") {
  limits_config limits;
  limits.pixels = 10'000;
  const auto refused = [&](const std::string& list) {
    const auto made = plan(photo(100, 100), steps(list), limits);
    return made ? "none" : made.error().pointer;
  };
  CHECK(refused(R"({"op":"flip"},{"op":"rotate","angle":45},{"op":"resize","width":9})") == "/operations/1");
  CHECK(refused(R"({"op":"resize","width":9,"height":8000,"enlarge":true})") == "/operations/0");
  CHECK(refused(R"({"op":"resize","width":100,"height":101,"fit":"contain"})") == "/operations/0");
  CHECK(refused(R"({"op":"rotate","angle":90})") == "none");
  CHECK(refused(R"({"op":"extend","top":1})") == "/operations/0");
  CHECK(refused(R"({"op":"crop","width":99,"height":100},{"op":"extend","left":1})") == "none");
}

TEST_CASE("an image is accepted up to the limits") {
  limits_config limits;
  limits.pixels = 100;
  limits.pixels_total = 250;
  limits.frames = 3;
  const auto code = [&](std::uint32_t width, std::uint32_t height, std::uint32_t pages) {
    auto header = photo(width, height, image_format::gif);
    header.pages = pages;
    const auto checked = check_header(header, limits);
    const auto planned = plan(header, asked(""), limits);
    CHECK(checked.has_value() == planned.has_value());
    return checked ? "ok" : to_string(checked.error().code);
  };
  CHECK(code(10, 10, 1) == "ok");
  CHECK(code(101, 1, 1) == "too_many_pixels");
  CHECK(code(UINT32_MAX, UINT32_MAX, 1) == "too_many_pixels");
  CHECK(code(10, 8, 3) == "ok");
  CHECK(code(84, 1, 3) == "too_many_pixels");
  CHECK(code(1, 1, 4) == "too_many_pixels");
  CHECK(code(0, 1, 1) == "invalid_image");
  CHECK(code(1, 0, 1) == "invalid_image");
  CHECK(code(1, 1, 0) == "invalid_image");
}

TEST_CASE("of a document one page counts") {
  limits_config limits;
  limits.frames = 3;
  auto header = photo(100, 100, image_format::tiff);
  header.pages = 500;
  CHECK(check_header(header, limits));
  header.format = image_format::webp;
  CHECK_FALSE(check_header(header, limits));
}

TEST_CASE("all frames are read where an output can move") {
  const auto moving = [](image_format from, std::uint32_t pages, const std::string& fields) {
    auto header = photo(90, 90, from);
    header.pages = pages;
    return plan(header, asked(fields))->preprocess.all_frames;
  };
  CHECK(moving(image_format::gif, 5, ""));
  CHECK(moving(image_format::webp, 5,
               R"("outputs":[{"name":"a","format":"jpeg"},{"name":"b","format":"gif"}])"));
  CHECK_FALSE(moving(image_format::gif, 1, ""));
  CHECK_FALSE(moving(image_format::gif, 5, R"("outputs":[{"format":"avif"}])"));
  CHECK_FALSE(moving(image_format::tiff, 5, R"("outputs":[{"format":"webp"}])"));
}

TEST_CASE("a page must be there, and is one picture") {
  auto film = photo(100, 50, image_format::gif);
  film.pages = 3;
  const auto last = plan(film, asked(R"("preprocess":{"page":2})"));
  REQUIRE(last);
  CHECK(last->preprocess.page == 2);
  CHECK_FALSE(last->preprocess.all_frames);
  const auto beyond = plan(film, asked(R"("preprocess":{"page":3})"));
  REQUIRE_FALSE(beyond);
  CHECK(beyond.error().code == errc::invalid_operation);
  CHECK(beyond.error().pointer == "/preprocess/page");
  CHECK_FALSE(plan(film, asked(R"("preprocess":{"page":0})"))->preprocess.all_frames);
  CHECK(plan(photo(100, 50), asked(R"("preprocess":{"page":0})")));
}

TEST_CASE("a drawing is drawn as large as it is needed") {
  const auto header = photo(24, 24, image_format::svg);
  CHECK(preprocessed(header, asked("")) == "1 24x24");
  CHECK(preprocessed(header, steps(R"({"op":"resize","width":512})")) == "1 512x512");
  CHECK(preprocessed(header,
                     steps(R"({"op":"flip"},{"op":"resize","width":512,"height":64,"fit":"inside"})")) ==
        "1 64x64");
  CHECK(preprocessed(header, steps(R"({"op":"blur"},{"op":"resize","width":512})")) == "1 24x24");
  limits_config limits;
  limits.pixels = 10'000;
  CHECK(plan(header, steps(R"({"op":"resize","width":100})"), limits));
  CHECK(plan(header, steps(R"({"op":"resize","width":101})"), limits).error().pointer == "/operations/0");
}

TEST_CASE("quality and effort are the format's own where none is asked for") {
  const auto made = plan(photo(9, 9), asked(R"("outputs":[{"format":"avif"}])"))->outputs[0];
  CHECK(made.quality == 50);
  CHECK(made.effort == 2);
}

TEST_CASE("the preprocessed file carries what some output keeps") {
  const auto carried = [](const std::string& fields) {
    return plan(photo(9, 9), asked(fields))->preprocess.metadata;
  };
  CHECK(carried("") == metadata_policy::strip);
  CHECK(carried(R"("outputs":[{"name":"a"},{"name":"b","metadata":"copyright"}])") ==
        metadata_policy::copyright);
  CHECK(carried(R"("outputs":[{"name":"a","metadata":"copyright"},{"name":"b","metadata":"keep"}])") ==
        metadata_policy::keep);
}

TEST_CASE("a bound in bytes needs a quality to lower") {
  const auto what = asked(R"("outputs":[{"name":"a"},{"name":"b","max_bytes":5000}])");
  CHECK(plan(photo(9, 9), what)->outputs[1].max_bytes == 5000);
  const auto refused = plan(photo(9, 9, image_format::png), what);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::invalid_operation);
  CHECK(refused.error().pointer == "/outputs/1/max_bytes");
}

TEST_CASE("a plan is stored and read back") {
  const auto made = plan(photo(400, 300), steps(R"({"op":"resize","width":40},{"op":"modulate","hue":1.5})"));
  REQUIRE(made);
  CHECK(decode<job_plan>(encode(*made)) == *made);
}

}  // namespace
}  // namespace dip
