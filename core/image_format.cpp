#include "core/image_format.hpp"

#include <algorithm>
#include <array>

namespace dip {
namespace {

using enum image_format;

constexpr std::array<format_spec, 10> formats{{
    {.format = jpeg,
     .name = "jpeg",
     .extension = "jpg",
     .content_type = "image/jpeg",
     .readable = true,
     .writable = true,
     .has_quality = true,
     .has_lossless = false,
     .has_effort = false,
     .has_progressive = true,
     .has_alpha = false},
    {.format = png,
     .name = "png",
     .extension = "png",
     .content_type = "image/png",
     .readable = true,
     .writable = true,
     .has_quality = false,
     .has_lossless = true,
     .has_effort = true,
     .has_progressive = true,
     .has_alpha = true},
    {.format = webp,
     .name = "webp",
     .extension = "webp",
     .content_type = "image/webp",
     .readable = true,
     .writable = true,
     .has_quality = true,
     .has_lossless = true,
     .has_effort = true,
     .has_progressive = false,
     .has_alpha = true,
     .has_frames = true},
    {.format = gif,
     .name = "gif",
     .extension = "gif",
     .content_type = "image/gif",
     .readable = true,
     .writable = true,
     .has_quality = false,
     .has_lossless = false,
     .has_effort = true,
     .has_progressive = true,
     .has_alpha = true,
     .has_frames = true},
    {.format = tiff,
     .name = "tiff",
     .extension = "tif",
     .content_type = "image/tiff",
     .readable = true,
     .writable = true,
     .has_quality = false,
     .has_lossless = true,
     .has_effort = false,
     .has_progressive = false,
     .has_alpha = true},
    {.format = avif,
     .name = "avif",
     .extension = "avif",
     .content_type = "image/avif",
     .readable = true,
     .writable = true,
     .has_quality = true,
     .has_lossless = true,
     .has_effort = true,
     .has_progressive = false,
     .has_alpha = true,
     .quality = 50,
     .effort = 2},
    {.format = svg,
     .name = "svg",
     .extension = "svg",
     .content_type = "image/svg+xml",
     .readable = true,
     .writable = false,
     .has_quality = false,
     .has_lossless = false,
     .has_effort = false,
     .has_progressive = false,
     .has_alpha = true,
     .is_vector = true},
    {.format = heic,
     .name = "heic",
     .extension = "heic",
     .content_type = "image/heic",
     .readable = true,
     .writable = false,
     .has_quality = true,
     .has_lossless = true,
     .has_effort = true,
     .has_progressive = false,
     .has_alpha = true},
    {.format = jxl,
     .name = "jxl",
     .extension = "jxl",
     .content_type = "image/jxl",
     .readable = true,
     .writable = true,
     .has_quality = true,
     .has_lossless = true,
     .has_effort = true,
     .has_progressive = false,
     .has_alpha = true},
    {.format = pdf,
     .name = "pdf",
     .extension = "pdf",
     .content_type = "application/pdf",
     .readable = true,
     .writable = false,
     .has_quality = false,
     .has_lossless = false,
     .has_effort = false,
     .has_progressive = false,
     .has_alpha = true,
     .is_vector = true},
}};

using namespace std::string_view_literals;

struct magic {
  std::string_view bytes;
  image_format format;
};

constexpr std::array magics{
    magic{"\xff\xd8\xff"sv, jpeg},
    magic{"\x89PNG\r\n\x1a\n"sv, png},
    magic{"GIF87a"sv, gif},
    magic{"GIF89a"sv, gif},
    magic{"II*\0"sv, tiff},
    magic{"MM\0*"sv, tiff},
    magic{"II+\0\x08\0\0\0"sv, tiff},  // BigTIFF
    magic{"MM\0+\0\x08\0\0"sv, tiff},
    magic{"\xff\x0a"sv, jxl},  // a bare codestream
    magic{"\0\0\0\x0cJXL \r\n\x87\n"sv, jxl},
    magic{"%PDF-"sv, pdf},
};

size_t big_endian_32(std::string_view four) {
  size_t value = 0;
  for (char c : four) value = (value << 8) | static_cast<unsigned char>(c);
  return value;
}

std::optional<image_format> format_of_brand(std::string_view brand) {
  static constexpr std::array avif_brands{"avif"sv, "avis"sv};
  static constexpr std::array heic_brands{"heic"sv, "heix"sv, "heim"sv, "heis"sv, "hevc"sv, "hevx"sv};
  if (std::ranges::find(avif_brands, brand) != avif_brands.end()) return avif;
  if (std::ranges::find(heic_brands, brand) != heic_brands.end()) return heic;
  return std::nullopt;
}

// ISO/IEC 14496-12, section 4.3: size, "ftyp", major brand, minor version, compatible brands. A file of the
// generic brand "mif1" says only among the compatible ones what its pixels are.
std::optional<image_format> sniff_iso_media(std::string_view head) {
  if (head.size() < 16 || head.substr(4, 4) != "ftyp") return std::nullopt;
  const auto box = head.substr(0, std::min(head.size(), big_endian_32(head.substr(0, 4))));
  for (size_t at = 8; at + 4 <= box.size(); at += 4) {
    if (at == 12) continue;
    if (const auto found = format_of_brand(box.substr(at, 4))) return found;
  }
  return std::nullopt;
}

void skip_space(std::string_view& text) {
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t\r\n")));
}

// Removes what starts with `open` through the next `close`; false when the text does not start so.
bool skip_construct(std::string_view& text, std::string_view open, std::string_view close) {
  if (!text.starts_with(open)) return false;
  const auto end = text.find(close, open.size());
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + close.size());
  return true;
}

bool skip_doctype(std::string_view& text) {
  if (!text.starts_with("<!DOCTYPE")) return false;
  const bool has_subset = text.find('[') < text.find('>');
  return skip_construct(text, "<!DOCTYPE", has_subset ? "]>" : ">");
}

// SVG has no magic bytes: the root element is what counts, after all that XML allows before it.
bool sniff_svg(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  do skip_space(text);
  while (skip_construct(text, "<?", "?>") || skip_construct(text, "<!--", "-->") || skip_doctype(text));
  for (const auto root : {"<svg"sv, "<svg:svg"sv}) {
    if (text.size() > root.size() && text.starts_with(root) &&
        " \t\r\n/>"sv.find(text[root.size()]) != std::string_view::npos)
      return true;
  }
  return false;
}

}  // namespace

std::span<const format_spec> format_table() { return formats; }

const format_spec& spec_of(image_format format) { return formats.at(static_cast<size_t>(format)); }

const format_spec* find_format(std::string_view name) {
  const auto found = std::ranges::find(formats, name, &format_spec::name);
  return found == formats.end() ? nullptr : &*found;
}

std::optional<image_format> sniff_format(std::string_view head) {
  for (const auto& [bytes, format] : magics)
    if (head.starts_with(bytes)) return format;
  if (head.size() >= 12 && head.starts_with("RIFF") && head.substr(8, 4) == "WEBP") return webp;
  if (const auto found = sniff_iso_media(head)) return found;
  if (sniff_svg(head)) return svg;
  return std::nullopt;
}

}  // namespace dip
