#include "imaging/codec/probe.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace dip::pixels {
namespace {

using namespace std::string_view_literals;

image_header::colour_kind colour_of(const VImage& image) {
  using enum image_header::colour_kind;
  switch (image.interpretation()) {
    case VIPS_INTERPRETATION_sRGB:
    case VIPS_INTERPRETATION_RGB:
    case VIPS_INTERPRETATION_RGB16: return rgb;
    case VIPS_INTERPRETATION_B_W:
    case VIPS_INTERPRETATION_GREY16: return grey;
    case VIPS_INTERPRETATION_CMYK: return cmyk;
    default: return other;
  }
}

// The loaders disagree, between each other and between versions, about this one's name and type.
bool is_interlaced(const VImage& image) {
  return std::ranges::any_of(std::array{"interlaced", "jpeg-multiscan"}, [&](const char* name) {
    int value = 0;
    return image.get_typeof(name) == G_TYPE_INT && vips_image_get_int(image.get_image(), name, &value) == 0 &&
           value != 0;
  });
}

// libvips' own function takes ten thousand and more for a mistake, and says one.
std::uint32_t pages_of(const VImage& image) {
  int pages = 1;
  if (image.get_typeof(VIPS_META_N_PAGES) == G_TYPE_INT &&
      vips_image_get_int(image.get_image(), VIPS_META_N_PAGES, &pages) == 0)
    return static_cast<std::uint32_t>(std::max(1, pages));
  return 1;
}

std::uint32_t big_endian(std::string_view bytes, size_t at) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(at, 4)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

// The 'desc' tag of an ICC profile: its bytes, whichever of the two encodings they are in.
std::string_view description_of(std::string_view profile) {
  constexpr size_t table = 128;
  if (profile.size() < table + 4) return {};
  const size_t count = std::min<size_t>(big_endian(profile, table), 100);
  for (size_t i = 0; i < count; ++i) {
    const size_t entry = table + 4 + i * 12;
    if (entry + 12 > profile.size()) break;
    if (profile.substr(entry, 4) != "desc"sv) continue;
    const size_t offset = big_endian(profile, entry + 4);
    return offset < profile.size() ? profile.substr(offset, big_endian(profile, entry + 8))
                                   : std::string_view{};
  }
  return {};
}

}  // namespace

bool has_foreign_profile(const VImage& image) {
  if (image.get_typeof(VIPS_META_ICC_NAME) == 0) return false;
  size_t size = 0;
  const void* bytes = image.get_blob(VIPS_META_ICC_NAME, &size);
  const auto description = description_of({static_cast<const char*>(bytes), size});
  return description.find("sRGB"sv) == description.npos &&
         description.find("s\0R\0G\0B"sv) == description.npos;
}

image_header probe(int in, image_format format, std::uint32_t page) {
  const mapped_file file{in};
  const auto image = open_image(file, format, {.page = page});
  image_header header;
  header.format = format;
  header.width = static_cast<std::uint32_t>(image.width());
  header.height = static_cast<std::uint32_t>(vips_image_get_page_height(image.get_image()));
  header.pages = pages_of(image);
  header.has_alpha = image.has_alpha();
  header.orientation =
      static_cast<std::uint8_t>(std::clamp(vips_image_get_orientation(image.get_image()), 1, 8));
  header.interlaced = is_interlaced(image);
  header.bits = image.format() == VIPS_FORMAT_UCHAR ? 8 : 16;
  header.colour = colour_of(image);
  header.has_profile = has_foreign_profile(image);
  return header;
}

}  // namespace dip::pixels
