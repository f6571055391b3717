// Files that mean harm, made here: whatever comes, it ends in an image or a clear error, and in the same
// child.
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch_get_random_seed.hpp>
#include <catch2/catch_test_macros.hpp>

#include "tests/unit/imaging/fate.hpp"
#include "tests/unit/imaging/harness.hpp"

namespace dip {
namespace {

using namespace testing;
using namespace std::string_literals;

std::vector<specimen> sound_files(codec& with) {
  std::uint32_t state = 7;
  const memory_file picture{png(150, 90, 4, [&](auto x, auto y) {
    state = state * 1664525 + 1013904223;
    return rgba{std::uint8_t(x), std::uint8_t(y * 2), std::uint8_t(state >> 25), std::uint8_t(255 - y)};
  })};
  std::vector<specimen> all{{"svg",
                             "<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' width='90' "
                             "height='60'><g transform='rotate(9)'><path d='M0 0L50 50Z'/><text "
                             "x='9' y='9'>words</text></g></svg>"}};
  for (const auto& spec : format_table())
    if (spec.writable && spec.format != image_format::jxl)
      all.push_back(
          {std::string{spec.name}, convert(with, picture, image_format::png, output(spec.format)).bytes()});
  return all;
}

std::string png_claiming(std::uint32_t width, std::uint32_t height) {
  const std::string kind{'\x1', '\0', '\0', '\0', '\0'};
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", big_endian(width) + big_endian(height) + kind) +
         png_chunk("IDAT", stored(std::string(4000, '\0'))) + png_chunk("IEND", "");
}

std::string gif_of(size_t frames) {
  auto gif = "GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff"s;
  for (size_t i = 0; i < frames; ++i)
    gif += "\x21\xf9\x04\0\x01\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"s;
  return gif + ";";
}

// Little-endian TIFF of one directory, whose next one is `next`.
std::string tiff_of(std::uint16_t width, std::uint16_t height, std::uint32_t next) {
  const auto two = [](unsigned v) { return std::string{char(v & 255), char(v >> 8 & 255)}; };
  const auto four = [&](std::uint32_t v) { return two(v & 0xffff) + two(v >> 16); };
  const auto entry = [&](unsigned tag, std::uint32_t value) {
    return two(tag) + two(4) + four(1) + four(value);
  };
  return "II*\0"s + four(8) + two(9) + entry(256, width) + entry(257, height) + entry(258, 8) +
         entry(259, 1) + entry(262, 1) + entry(273, 200) + entry(277, 1) + entry(278, height) +
         entry(279, 100) + four(next) + std::string(400, '\x55');
}

std::string jpeg_claiming(std::string jpeg, std::uint16_t width, std::uint16_t height) {
  const auto frame = jpeg.find("\xff\xc0\0\x11"s);
  REQUIRE(frame != jpeg.npos);
  for (const auto& [at, value] : {std::pair{frame + 5, height}, std::pair{frame + 7, width}}) {
    jpeg[at] = static_cast<char>(value >> 8);
    jpeg[at + 1] = static_cast<char>(value & 255);
  }
  return jpeg;
}

std::string svg(const std::string& attributes, const std::string& inside, const std::string& before = {}) {
  return before + "<svg xmlns='http://www.w3.org/2000/svg' " + attributes + ">" + inside + "</svg>";
}

std::vector<specimen> bombs(const std::string& jpeg) {
  std::string laughs = "<!DOCTYPE svg [<!ENTITY a0 'lol'>";
  for (int i = 1; i < 12; ++i) {
    laughs += "<!ENTITY a" + std::to_string(i) + " '";
    for (int j = 0; j < 10; ++j) laughs += "&a" + std::to_string(i - 1) + ";";
    laughs += "'>";
  }
  laughs += "]>";
  std::string nested;
  for (int i = 0; i < 20'000; ++i) nested += "<g>";
  return {
      {"PNG of 900 MP", png_claiming(30'000, 30'000)},
      {"PNG of the largest sides", png_claiming(0x7fffffff, 0x7fffffff)},
      {"PNG of no width", png_claiming(0, 9)},
      {"PNG of negative height", png_claiming(9, 0xffffffff)},
      {"JPEG of 4 GP", jpeg_claiming(jpeg, 65500, 65500)},
      {"JPEG of more than its format has", jpeg_claiming(jpeg, 65535, 65535)},
      {"JPEG of no height", jpeg_claiming(jpeg, 9, 0)},
      {"GIF of 10,000 frames", gif_of(10'000)},
      {"GIF of 100 frames", gif_of(100)},
      {"TIFF whose directories go round", tiff_of(10, 10, 8)},
      {"TIFF whose next directory is nowhere", tiff_of(10, 10, 0x7fffffff)},
      {"TIFF of no width", tiff_of(0, 10, 0)},
      {"TIFF of more rows than bytes", tiff_of(60'000, 60'000, 0)},
      {"SVG of entities in entities", svg("width='9' height='9'", "<text>&a11;</text>", laughs)},
      {"SVG of an outside entity", svg("width='9' height='9'", "<text>&x;</text>",
                                       "<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>")},
      {"SVG of a huge view", svg("viewBox='0 0 1e9 1e9'", "")},
      {"SVG of a huge size", svg("width='1e9' height='1e9'", "")},
      {"SVG of no size", svg("width='0' height='0'", "")},
      {"SVG of negative size", svg("width='-5' height='-5'", "")},
      {"SVG of deep nesting", svg("width='9' height='9'", nested)},
      {"SVG that uses itself", svg("width='9' height='9'", "<g id='a'><use href='#a'/><use href='#a'/></g>")},
      {"JPEG with a ZIP behind it", jpeg + "PK\x03\x04" + std::string(500, 'z')},
      {"GIF that is a script", "GIF89a=1;alert(1)//" + std::string(100, ' ')},
      {"JPEG that is a drawing", "\xff\xd8\xff" + svg("width='9' height='9'", "")},
      {"a head and nothing else", "\xff\xd8\xff"},
  };
}

// Seeded by the run: other files each time, and the same for the same seed.
std::vector<specimen> damaged(const specimen& sound, size_t count, std::mt19937& dice) {
  std::vector<specimen> all;
  for (size_t i = 0; i < count; ++i) {
    auto bytes = sound.bytes;
    std::string name = sound.name + " damaged at";
    for (int n = 0; n < 1 + static_cast<int>(i % 8); ++n) {
      // Half of them near the beginning, where the structure is.
      const auto within = n % 2 == 0 ? std::min<size_t>(bytes.size(), 300) : bytes.size();
      const auto at = dice() % within;
      bytes[at] = static_cast<char>(dice());
      name += ' ' + std::to_string(at);
    }
    all.push_back({std::move(name), std::move(bytes)});
  }
  return all;
}

void check_all(codec& with, const codec_launcher& launcher, const std::vector<specimen>& files) {
  auto children = launcher.children();
  for (const auto& file : files) {
    CAPTURE(file.name);
    const auto fate = fate_of(with, file.bytes);
    CAPTURE(to_string(fate));
    CHECK(is_clear(fate));
    const auto now = launcher.children();
    CHECK(now == children);
    children = now;
  }
}

TEST_CASE("bombs, loops, nonsense and polyglots end in a clear error or an image") {
  const auto launcher = start_lasting();
  const auto one = launch(*launcher);
  const auto jpeg =
      convert(*one, memory_file{quarters_png(40, 30)}, image_format::png, output(image_format::jpeg)).bytes();
  check_all(*one, *launcher, bombs(jpeg));
  CHECK(fate_of(*one, png_claiming(30'000, 30'000)) == errc::too_many_pixels);
  CHECK(fate_of(*one, gif_of(10'000)) == errc::too_many_pixels);
  CHECK(fate_of(*one, gif_of(100)) == errc::conflict);
  CHECK(fate_of(*one, jpeg_claiming(jpeg, 65500, 65500)) == errc::too_many_pixels);
}

TEST_CASE("files that were cut or damaged end in a clear error or an image") {
  const auto launcher = start_lasting();
  const auto one = launch(*launcher);
  std::mt19937 dice{Catch::getSeed()};
  for (const auto& sound : sound_files(*one)) {
    CHECK(fate_of(*one, sound.bytes) == errc::conflict);
    check_all(*one, *launcher, truncations(sound));
    check_all(*one, *launcher, damaged(sound, 24, dice));
  }
}

}  // namespace
}  // namespace dip
