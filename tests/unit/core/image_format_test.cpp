#include "core/image_format.hpp"

#include <string>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

namespace dip {
namespace {

using namespace std::string_literals;
using enum image_format;

std::string iso_media(const std::string& major, const std::string& compatible) {
  const auto size = static_cast<char>(16 + compatible.size());
  return "\0\0\0"s + size + "ftyp" + major + "\0\0\0\0"s + compatible;
}

TEST_CASE("every format has its row, in the order of the enum") {
  REQUIRE(format_table().size() == 10);
  for (size_t i = 0; i < format_table().size(); ++i) {
    const auto& spec = format_table()[i];
    CHECK(static_cast<size_t>(spec.format) == i);
    CHECK(&spec_of(spec.format) == &spec);
    CHECK(find_format(spec.name) == &spec);
    CHECK(spec.extension.size() <= 5);
  }
}

TEST_CASE("all formats are read, and those that are no drawings and no HEIC are written") {
  for (const auto& spec : format_table()) {
    CHECK(spec.readable);
    CHECK(spec.writable == (spec.format != svg && spec.format != heic && spec.format != pdf));
    CHECK(spec.has_frames == (spec.format == gif || spec.format == webp));
    CHECK(spec.is_vector == (spec.format == svg || spec.format == pdf));
    CHECK((spec.quality >= 1 && spec.quality <= 100 && spec.effort <= 6));
  }
}

TEST_CASE("a set of formats knows what was put into it") {
  format_set some, other;
  some.add_reading(pdf);
  other.add_writing(jpeg);
  CHECK(some.can_read(pdf));
  CHECK_FALSE(some.can_write(pdf));
  CHECK_FALSE(some.can_read(jpeg));
  CHECK((some | other).can_read(pdf));
  CHECK((some | other).can_write(jpeg));
}

TEST_CASE("a format is found by its name only") {
  CHECK(find_format("jpg") == nullptr);
  CHECK(find_format("JPEG") == nullptr);
  CHECK(find_format("") == nullptr);
}

TEST_CASE("the first bytes name the format") {
  const auto [head, format] = GENERATE(table<std::string, image_format>({
      {"\xff\xd8\xff\xe0", jpeg},
      {"\x89PNG\r\n\x1a\n", png},
      {"RIFF\x10\0\0\0WEBPVP8 "s, webp},
      {"GIF87a", gif},
      {"GIF89a", gif},
      {"II*\0\x08\0\0\0"s, tiff},
      {"MM\0*\0\0\0\x08"s, tiff},
      {"II+\0\x08\0\0\0"s, tiff},
      {"MM\0+\0\x08\0\0"s, tiff},
      {"\xff\x0a", jxl},
      {"\0\0\0\x0cJXL \r\n\x87\n"s, jxl},
      {"%PDF-1.7", pdf},
      {iso_media("avif", ""), avif},
      {iso_media("avis", "avif"), avif},
      {iso_media("mif1", "miafavif"), avif},
      {iso_media("heic", "mif1"), heic},
      {iso_media("mif1", "mif1heic"), heic},
      {"<svg/>", svg},
      {"<svg xmlns=''>", svg},
      {"<svg:svg xmlns:svg=''>", svg},
      {"\xef\xbb\xbf \n<?xml version='1.0'?>\n<!-- <p> -->\n<!DOCTYPE svg PUBLIC 'a'>\n<svg>", svg},
      {"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg\n>", svg},
  }));
  CAPTURE(head);
  CHECK(sniff_format(head) == format);
}

TEST_CASE("what only resembles a format is none") {
  const auto head = GENERATE(values<std::string>(
      {"", "\xff\xd8", "\x89PNG\n\x1a\n", "RIFF\x10\0\0\0WAVE"s, "RIFF", "GIF88a", "%PDF", "<svgfoo>", "<svg",
       "<html><svg></svg></html>", "<?xml version='1.0'?>", "<!-- <svg> ", "II*", iso_media("isom", "mp42"),
       iso_media("avi", ""), "plain text", "\0\0\0\0ftypavif\0\0\0\0"s}));
  CAPTURE(head);
  CHECK(sniff_format(head) == std::nullopt);
}

TEST_CASE("a brand after the end of its box says nothing") {
  CHECK(sniff_format(iso_media("mif1", "miaf") + "avif") == std::nullopt);
}

TEST_CASE("an image that lies on its side is upright the other way round") {
  const auto orientation = GENERATE(1, 2, 3, 4, 5, 6, 7, 8);
  image_header header;
  header.width = 30;
  header.height = 20;
  header.orientation = static_cast<std::uint8_t>(orientation);
  const bool turned = orientation >= 5;
  CHECK(header.upright_width() == (turned ? 20U : 30U));
  CHECK(header.upright_height() == (turned ? 30U : 20U));
}

}  // namespace
}  // namespace dip
