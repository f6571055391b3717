#include "imaging/codec/info.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include "core/geometry.hpp"
#include "imaging/codec/canvas.hpp"
#include "imaging/codec/preprocess.hpp"
#include "imaging/codec/probe.hpp"
#include "imaging/codec/thumbhash.hpp"

namespace dip::pixels {
namespace {

using namespace std::string_view_literals;

constexpr std::uint32_t small_side = 100;
constexpr size_t value_bytes = 200;

constexpr std::array shown{
    "Make"sv,
    "Model"sv,
    "LensModel"sv,
    "Software"sv,
    "DateTime"sv,
    "DateTimeOriginal"sv,
    "OffsetTime"sv,
    "ExposureTime"sv,
    "FNumber"sv,
    "ExposureProgram"sv,
    "ExposureBiasValue"sv,
    "ISOSpeedRatings"sv,
    "FocalLength"sv,
    "FocalLengthIn35mmFilm"sv,
    "MeteringMode"sv,
    "Flash"sv,
    "WhiteBalance"sv,
    "ImageDescription"sv,
    "Artist"sv,
    "Copyright"sv,
};
constexpr std::array places{
    "GPSLatitudeRef"sv, "GPSLatitude"sv,    "GPSLongitudeRef"sv,
    "GPSLongitude"sv,   "GPSAltitudeRef"sv, "GPSAltitude"sv,
};

bool is_shown(std::string_view name, bool location) {
  return std::ranges::find(shown, name) != shown.end() ||
         (location && std::ranges::find(places, name) != places.end());
}

// libvips has "raw (worded, Type, n components, n bytes)"; of text both are the same, and may hold anything.
std::string_view worded(std::string_view field) {
  for (int i = 0; i < 3; ++i) {
    const auto comma = field.rfind(", ");
    if (comma == field.npos) return field;
    field = field.substr(0, comma);
  }
  const auto half = field.size() < 2 ? 0 : (field.size() - 2) / 2;
  if (field.size() == 2 * half + 2 && field.substr(0, half) == field.substr(half + 2))
    return field.substr(0, half);
  const auto open = field.find(" (");
  return open == field.npos ? field : field.substr(open + 2);
}

// A stranger's bytes, for a person to read.
std::string readable(std::string_view text) {
  const std::unique_ptr<char, decltype(&g_free)> valid{
      g_utf8_make_valid(text.data(), static_cast<gssize>(text.size())), &g_free};
  std::string out;
  for (const char c : std::string_view{valid.get()})
    out.push_back(static_cast<unsigned char>(c) < ' ' || c == '\x7f' ? ' ' : c);
  if (out.size() > value_bytes) {
    size_t end = value_bytes;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80) --end;
    out.resize(end);
  }
  out.resize(out.find_last_not_of(' ') + 1);
  return out;
}

std::vector<exif_entry> exif_of(const VImage& image, bool location) {
  std::vector<exif_entry> all;
  for (const auto& field : field_names(image)) {
    // "exif-ifd2-ExposureTime"; the directory of the thumbnail is left out.
    if (!field.starts_with("exif-ifd") || field.starts_with("exif-ifd1")) continue;
    const auto name = field.substr(std::min(field.size(), "exif-ifd0-"sv.size()));
    if (!is_shown(name, location) || image.get_typeof(field.c_str()) != VIPS_TYPE_REF_STRING) continue;
    if (auto value = readable(worded(image.get_string(field.c_str()))); !value.empty())
      all.push_back({.name = name, .value = std::move(value)});
  }
  std::ranges::sort(all, {}, &exif_entry::name);
  return all;
}

VImage small_copy(const mapped_file& file, const image_header& header) {
  const auto size = fit_inside({header.upright_width(), header.upright_height()}, small_side, small_side);
  preprocess_plan plan;
  plan.shrink = decoder_shrink(header.format, {header.upright_width(), header.upright_height()}, size);
  plan.width = size.width;
  plan.height = size.height;
  plan.convert_colour = true;
  return normalise(file, header, plan).image.copy_memory();
}

// The fullest of 16 × 16 × 16 boxes of colour; its middle, as sharp has it.
std::uint32_t dominant_of(const VImage& image) {
  const auto flat =
      image.has_alpha()
          ? image.flatten(VImage::option()->set("background", std::vector<double>{255, 255, 255}))
          : image;
  const auto boxes = flat.hist_find_ndim(VImage::option()->set("bins", 16));
  int x = 0, y = 0;
  boxes.max(VImage::option()->set("x", &x)->set("y", &y));
  const auto counts = boxes.getpoint(x, y);
  const auto z = std::ranges::max_element(counts) - counts.begin();
  const auto middle = [](std::int64_t box) { return static_cast<std::uint32_t>(box * 16 + 8); };
  return middle(x) << 16 | middle(y) << 8 | middle(z);
}

std::string base64(std::string_view bytes) {
  const std::unique_ptr<char, decltype(&g_free)> text{
      g_base64_encode(reinterpret_cast<const guchar*>(bytes.data()), bytes.size()), &g_free};
  return text.get();
}

std::string hash_of(const VImage& image) {
  const auto solid = with_alpha(image);
  size_t size = 0;
  const std::unique_ptr<void, decltype(&g_free)> pixels{solid.write_to_memory(&size), &g_free};
  return base64(thumbhash(static_cast<std::uint32_t>(solid.width()),
                          static_cast<std::uint32_t>(solid.height()),
                          {static_cast<const std::uint8_t*>(pixels.get()), size}));
}

// What the file says of itself is worth telling also where it was cut off behind that.
void look_at_pixels(const mapped_file& file, image_info& told) {
  try {
    blaming(errc::invalid_image, [&] {
      const auto small = small_copy(file, told.header);
      told.dominant = dominant_of(small);
      told.thumbhash = hash_of(small);
    });
  } catch (const refusal& why) {
    if (why.code != errc::invalid_image) throw;
    told.damage = readable(why.what());
  }
}

}  // namespace

image_info describe(int in, image_format format, bool location) {
  image_info told;
  told.header = probe(in, format);
  const mapped_file file{in};
  const auto original = open_image(file, format);
  told.colour_space = vips_enum_nick(VIPS_TYPE_INTERPRETATION, original.interpretation());
  told.exif = exif_of(original, location);
  if (spec_of(format).has_frames && told.header.pages > 1) {
    const auto moving = animation_of(original, told.header.pages);
    told.delays = moving.delays;
    told.loop = moving.loop;
  }
  look_at_pixels(file, told);
  return told;
}

}  // namespace dip::pixels
