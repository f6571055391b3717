#include <numbers>
#include <string>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "imaging/codec/canvas.hpp"
#include "imaging/codec/encode.hpp"
#include "imaging/codec/info.hpp"
#include "imaging/codec/probe.hpp"
#include "imaging/codec/process.hpp"
#include "tests/unit/codec/pixels.hpp"

namespace dip {
namespace {

using namespace testing;

output_plan output(image_format format) {
  output_plan made;
  made.name = "out";
  made.format = format;
  return made;
}

// Three frames, of one colour each.
constexpr std::array<rgba, 3> colours{rgba{250, 0, 0, 255}, rgba{0, 250, 0, 255}, rgba{0, 0, 250, 255}};

std::string moving(image_format format, std::uint32_t width = 40, std::uint32_t height = 20) {
  std::vector<VImage> frames;
  for (const auto& colour : colours) frames.push_back(plain(width, height, colour));
  pixels::carried beside;
  beside.frames = 3;
  beside.delays = {50, 100, 200};
  beside.loop = 4;
  const memory_file out;
  const auto facts = pixels::encode(frames, beside, output(format), out.get());
  CHECK(facts.pages == 3);
  CHECK(facts.height == height);
  return out.bytes();
}

struct result_of_plan {
  std::vector<std::string> files;
  std::vector<codec::facts> facts;
};

// Both stages, as planned.
result_of_plan run(const std::string& bytes, image_format format, const recipe& what) {
  library();
  const memory_file in{bytes}, between;
  const auto header = pixels::probe(in.get(), format);
  const auto plan = make_plan(header, what, {});
  REQUIRE(plan);
  (void)pixels::preprocess(in.get(), header, plan->preprocess, between.get());
  std::vector<memory_file> outs(what.outputs.size());
  std::vector<int> descriptors;
  for (const auto& out : outs) descriptors.push_back(out.get());
  result_of_plan made;
  made.facts = pixels::process(between.get(), plan->outputs, descriptors, -1, {});
  for (const auto& out : outs) made.files.push_back(out.bytes());
  return made;
}

result_of_plan run(const std::string& bytes, image_format format, const std::vector<output_spec>& outputs,
                   const std::vector<operation>& steps = {}) {
  recipe what;
  what.operations = steps;
  what.outputs = outputs;
  return run(bytes, format, what);
}

output_spec asked(image_format format) {
  output_spec made;
  made.name = std::string{spec_of(format).name};
  made.format = format;
  return made;
}

VImage all_frames(const std::string& bytes, image_format format) {
  library();
  const memory_file file{bytes};
  const pixels::mapped_file mapped{file.get()};
  return pixels::open_image(mapped, format, {.how = pixels::reading::anywhere, .all_frames = true})
      .copy_memory();
}

TEST_CASE("an animation stays one, with its times, frame by frame") {
  const auto from = GENERATE(image_format::gif, image_format::webp);
  const auto to = GENERATE(image_format::gif, image_format::webp);
  const auto step = op("resize", {{"width", whole(20)}});
  const auto made = run(moving(from), from, {asked(to)}, {step, op("flip")});
  CHECK(made.facts[0].pages == 3);
  CHECK(made.facts[0].width == 20);
  CHECK(made.facts[0].height == 10);
  const memory_file file{made.files[0]};
  CHECK(pixels::probe(file.get(), to).pages == 3);
  const auto tall = all_frames(made.files[0], to);
  REQUIRE(tall.height() == 30);
  CHECK(tall.get_array_int("delay") == std::vector<int>{50, 100, 200});
  CHECK(tall.get_int("loop") == 4);
  for (int i = 0; i < 3; ++i) {
    // No frame bleeds into the next.
    for (const int y : {0, 9}) {
      const auto value = at(tall, 10, i * 10 + y);
      for (size_t band = 0; band < 3; ++band)
        CHECK(std::abs(value[band] - (band == static_cast<size_t>(i) ? 250 : 0)) < 14);
    }
  }
}

TEST_CASE("a still output of an animation is its first frame, beside one that moves") {
  const auto made = run(moving(image_format::gif), image_format::gif,
                        {asked(image_format::jpeg), asked(image_format::webp), asked(image_format::avif)});
  CHECK(made.facts[0].pages == 1);
  CHECK(made.facts[0].height == 20);
  CHECK(made.facts[1].pages == 3);
  CHECK(made.facts[2].pages == 1);
  const memory_file still{made.files[0]};
  CHECK(is_near(at(loaded(still, image_format::jpeg), 5, 5), red, 8));
  CHECK(loaded(still, image_format::jpeg).height() == 20);
}

TEST_CASE("one frame of an animation, counted from 0") {
  const auto format = GENERATE(image_format::gif, image_format::webp);
  const auto page = GENERATE(0U, 1U, 2U);
  recipe what;
  what.outputs = {asked(image_format::gif)};
  what.page = page;
  const auto made = run(moving(format), format, what);
  CHECK(made.facts[0].pages == 1);
  const memory_file file{made.files[0]};
  const auto colour = colours[page];
  CHECK(is_near(pixels::without_alpha(loaded(file, image_format::gif)).getpoint(5, 5),
                {double(colour[0]), double(colour[1]), double(colour[2])}, 12));
}

TEST_CASE("animations of one frame, and steps that change their size") {
  const auto made = run(moving(image_format::webp), image_format::webp, {asked(image_format::webp)},
                        {op("rotate", {{"angle", 90.0}}), op("extend", {{"top", whole(2)}})});
  CHECK(made.facts[0].width == 20);
  CHECK(made.facts[0].height == 42);
  CHECK(all_frames(made.files[0], image_format::webp).height() == 3 * 42);
  CHECK(run(quarters_png(9, 9), image_format::png, {asked(image_format::gif)}).facts[0].pages == 1);
}

TEST_CASE("what a format cannot show it does without, what it can it keeps") {
  const auto format = GENERATE(image_format::png, image_format::webp, image_format::gif, image_format::tiff,
                               image_format::avif);
  const auto see_through = png(32, 32, 4, [](auto x, auto) {
    return rgba{200, 100, 50, x < 16 ? std::uint8_t{0} : std::uint8_t{255}};
  });
  const auto made = run(see_through, image_format::png, {asked(format)});
  CHECK(made.facts[0].has_alpha);
  const memory_file file{made.files[0]};
  const auto image = loaded(file, format);
  REQUIRE(image.has_alpha());
  CHECK(at(image, 4, 4).back() < 4);
  CHECK(at(image, 28, 4).back() > 251);
  CHECK(std::abs(at(image, 28, 4)[0] - 200) < 12);
}

TEST_CASE("lossless is exact") {
  const auto format = GENERATE(image_format::png, image_format::webp, image_format::tiff, image_format::avif);
  auto exact = asked(format);
  exact.lossless = true;
  const auto made = run(quarters_png(40, 24), image_format::png, {exact});
  const memory_file file{made.files[0]};
  CHECK((loaded(file, format) - quarters_image(40, 24)).abs().max() == 0);
}

std::string noise() {
  std::uint32_t state = 1;
  return png(160, 160, 3, [&](auto, auto) {
    state = state * 1664525 + 1013904223;
    return rgba{std::uint8_t(state >> 24), std::uint8_t(state >> 16), std::uint8_t(state >> 8), 255};
  });
}

TEST_CASE("max_bytes finds the highest quality that fits") {
  const auto format = GENERATE(image_format::jpeg, image_format::webp, image_format::avif);
  auto free = asked(format);
  const auto unbounded = run(noise(), image_format::png, {free}).files[0].size();
  auto bound = free;
  bound.max_bytes = static_cast<std::uint32_t>(unbounded / 2);
  const auto fitted = run(noise(), image_format::png, {bound}).files[0].size();
  CHECK(fitted <= unbounded / 2);
  CHECK(fitted > unbounded / 4);
  bound.max_bytes = static_cast<std::uint32_t>(unbounded);
  CHECK(run(noise(), image_format::png, {bound}).files[0].size() == unbounded);
  bound.max_bytes = 100;
  try {
    run(noise(), image_format::png, {bound});
    FAIL("100 bytes cannot hold it");
  } catch (const pixels::refusal& why) {
    CHECK(why.code == errc::invalid_operation);
  }
}

TEST_CASE("a drawing is drawn at the size asked for, and reaches for nothing outside") {
  const std::string drawing =
      "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='20' "
      "height='10'>"
      "<rect width='10' height='10' fill='#fa0000'/>"
      "<image xlink:href='file:///etc/passwd' width='20' height='10'/>"
      "<image xlink:href='/usr/share/pixmaps/debian-logo.png' width='20' height='10'/></svg>";
  const auto made =
      run(drawing, image_format::svg, {asked(image_format::png)}, {op("resize", {{"width", whole(400)}})});
  CHECK(made.facts[0].width == 400);
  CHECK(made.facts[0].height == 200);
  const memory_file file{made.files[0]};
  const auto image = loaded(file, image_format::png);
  // Sharp, as no scaled-up bitmap is.
  CHECK(at(image, 198, 100) == std::vector<double>{250, 0, 0, 255});
  CHECK(at(image, 201, 100).back() == 0);
}

std::string with_exif(const VImage& image) {
  auto told = image.copy();
  told.set("exif-ifd0-Copyright", "(c) Ada");
  told.set("exif-ifd0-Artist", "Ada");
  told.set("exif-ifd0-Make", "Babbage & Co");
  told.set("exif-ifd2-ExposureTime", "1/250");
  told.set("exif-ifd3-GPSLatitudeRef", "N");
  told.set("exif-ifd3-GPSLatitude", "52/1 30/1 0/1");
  told.set("orientation", 6);
  auto* blob = told.jpegsave_buffer(VImage::option()->set("Q", 95));
  std::string bytes{static_cast<const char*>(VIPS_AREA(blob)->data), VIPS_AREA(blob)->length};
  vips_area_unref(VIPS_AREA(blob));
  return bytes;
}

bool says(const std::string& file, std::string_view piece) { return file.find(piece) != file.npos; }

TEST_CASE("metadata is stripped, kept, or all but the copyright stripped") {
  const auto format = GENERATE(image_format::jpeg, image_format::webp, image_format::png, image_format::avif);
  CAPTURE(spec_of(format).name);
  auto strip = asked(format), keep = asked(format), copyright = asked(format);
  keep.name = "keep";
  keep.metadata = metadata_policy::keep;
  copyright.name = "copyright";
  copyright.metadata = metadata_policy::copyright;
  const auto made = run(with_exif(quarters_image(40, 20)), image_format::jpeg, {strip, keep, copyright});
  CHECK_FALSE(says(made.files[0], "Ada"));
  CHECK_FALSE(says(made.files[0], "Babbage"));
  CHECK(says(made.files[1], "(c) Ada"));
  CHECK(says(made.files[1], "Babbage"));
  CHECK(says(made.files[2], "(c) Ada"));
  CHECK_FALSE(says(made.files[2], "Babbage"));
  for (size_t i = 0; i < 3; ++i) {
    // Turned upright once, and not again by what was kept.
    const memory_file file{made.files[i]};
    const auto header = pixels::probe(file.get(), format);
    CHECK(header.orientation == 1);
    CHECK(header.width == 20);
    CHECK(header.height == 40);
  }
}

TEST_CASE("a wide gamut is kept where metadata is, and converted where it is not") {
  const auto image = quarters_image(40, 20);
  const auto wide = image.icc_transform("p3", VImage::option()->set("input_profile", "srgb"));
  auto* blob = wide.pngsave_buffer();
  const std::string bytes{static_cast<const char*>(VIPS_AREA(blob)->data), VIPS_AREA(blob)->length};
  vips_area_unref(VIPS_AREA(blob));
  auto keep = asked(image_format::png), convert = asked(image_format::png);
  keep.metadata = metadata_policy::keep;
  convert.name = "plain";
  const auto made = run(bytes, image_format::png, {keep, convert});
  const memory_file kept{made.files[0]}, plain_file{made.files[1]};
  CHECK(pixels::probe(kept.get(), image_format::png).has_profile);
  CHECK(is_near(at(loaded(kept, image_format::png), 3, 3), at(wide, 3, 3)));
  CHECK_FALSE(pixels::probe(plain_file.get(), image_format::png).has_profile);
  CHECK(is_near(at(loaded(plain_file, image_format::png), 3, 3), red, 6));
}

TEST_CASE("a preprocessed file without what belongs behind it is lost") {
  library();
  const memory_file in{quarters_png(8, 8)}, out;
  const auto header = pixels::probe(in.get(), image_format::png);
  (void)pixels::preprocess(in.get(), header, {.shrink = 1, .width = 8, .height = 8}, out.get());
  const auto whole_file = out.bytes();
  const auto code_of = [](const std::string& bytes) {
    const memory_file file{bytes};
    const pixels::mapped_file mapped{file.get()};
    try {
      (void)pixels::read_preprocessed(mapped);
      return errc::internal;
    } catch (const pixels::refusal& why) {
      return why.code;
    }
  };
  CHECK(code_of(whole_file) == errc::internal);
  CHECK(code_of(whole_file.substr(0, whole_file.size() - 1)) == errc::stage_lost);
  CHECK(code_of("DIPbesid") == errc::stage_lost);
  auto lying = whole_file;
  lying[lying.size() - 9] = '\x7f';
  CHECK(code_of(lying) == errc::stage_lost);
}

std::string value_of(const image_info& told, std::string_view name) {
  for (const auto& entry : told.exif)
    if (entry.name == name) return entry.value;
  return "none";
}

std::string bytes_of(const std::string& base64) {
  gsize size = 0;
  const std::unique_ptr<guchar, decltype(&g_free)> bytes{g_base64_decode(base64.c_str(), &size), &g_free};
  return {reinterpret_cast<const char*>(bytes.get()), size};
}

TEST_CASE("info of a file that was cut: what it says of itself, and why there is no more") {
  library();
  auto bytes = with_exif(plain(300, 200, {200, 40, 40, 255}));
  bytes.resize(bytes.size() * 3 / 4);
  const memory_file file{bytes};
  const auto told = pixels::describe(file.get(), image_format::jpeg, false);
  CHECK(told.header.width == 300);
  CHECK(value_of(told, "Make") == "Babbage & Co");
  CHECK(told.thumbhash.empty());
  CHECK(!told.damage.empty());
}

TEST_CASE("info: what an image shows, and what it says of itself") {
  library();
  const memory_file file{with_exif(plain(300, 200, {200, 40, 40, 255}))};
  const auto told = pixels::describe(file.get(), image_format::jpeg, false);
  CHECK(told.header.width == 300);
  CHECK(told.header.orientation == 6);
  CHECK(told.colour_space == "srgb");
  CHECK(told.dominant >> 16 == 200);
  CHECK(told.damage.empty());
  CHECK((told.dominant & 0xff) < 0x40);
  CHECK(value_of(told, "Make") == "Babbage & Co");
  CHECK(value_of(told, "Copyright").find("Ada") != std::string::npos);
  CHECK(value_of(told, "ExposureTime").find("1/250") != std::string::npos);
  CHECK(value_of(told, "GPSLatitude") == "none");
  CHECK(value_of(pixels::describe(file.get(), image_format::jpeg, true), "GPSLatitude").find("52") !=
        std::string::npos);
}

TEST_CASE("info of every format, and of an animation its times") {
  const auto format = GENERATE(image_format::png, image_format::webp, image_format::gif, image_format::tiff,
                               image_format::avif);
  const auto made = run(quarters_png(60, 30), image_format::png, {asked(format)}).files[0];
  const memory_file file{made};
  const auto told = pixels::describe(file.get(), format, false);
  CHECK(told.header.width == 60);
  CHECK(bytes_of(told.thumbhash).size() >= 17);
  const memory_file film{moving(image_format::gif)};
  const auto animated = pixels::describe(film.get(), image_format::gif, false);
  CHECK(animated.delays == std::vector<std::int32_t>{50, 100, 200});
  CHECK(animated.loop == 4);
}

TEST_CASE("a ThumbHash has the average colour, and more of it when there is more to see") {
  library();
  const auto hash = [](const std::string& bytes) {
    const memory_file file{bytes};
    return bytes_of(pixels::describe(file.get(), image_format::png, false).thumbhash);
  };
  const auto flat = hash(png(50, 50, 3, [](auto, auto) { return rgba{255, 255, 255, 255}; }));
  // evanw/thumbhash: luminance in the first 6 bits, then twice the middle: no colour.
  CHECK((static_cast<unsigned char>(flat[0]) & 63) == 63);
  const auto bits = static_cast<unsigned char>(flat[0]) | static_cast<unsigned char>(flat[1]) << 8 |
                    static_cast<unsigned char>(flat[2]) << 16;
  CHECK((bits >> 6 & 63) == 32);
  CHECK((bits >> 12 & 63) == 32);
  CHECK((bits >> 18 & 31) == 0);
  CHECK(bits >> 23 == 0);
  CHECK(hash(quarters_png(50, 50)) != flat);
  const auto see_through =
      hash(png(50, 50, 4, [](auto x, auto) { return rgba{9, 9, 9, std::uint8_t(x * 5)}; }));
  CHECK((static_cast<unsigned char>(see_through[2]) >> 7) == 1);
  CHECK(see_through.size() <= 25);
}

}  // namespace
}  // namespace dip
