#include "core/image_format.hpp"

#include <algorithm>
#include <array>

namespace dip {
namespace {

using namespace std::string_view_literals;

// Columns: readable, writable | quality, lossless, effort, progressive, alpha | effort from, to, default |
// side
constexpr std::array<format_spec, 10> table{{
    {image_format::jpeg, "jpeg", "jpg", "image/jpeg", true, true, true, false, false, true, false, 0, 0, 0,
     65535},
    {image_format::png, "png", "png", "image/png", true, true, false, true, true, true, true, 0, 9, 2, 65535},
    {image_format::webp, "webp", "webp", "image/webp", true, true, true, true, true, false, true, 0, 6, 4,
     16383},
    {image_format::gif, "gif", "gif", "image/gif", false, false, false, false, true, false, true, 1, 10, 7,
     65535},
    {image_format::tiff, "tiff", "tiff", "image/tiff", false, false, true, true, false, false, true, 0, 0, 0,
     65535},
    {image_format::avif, "avif", "avif", "image/avif", false, false, true, true, true, false, true, 0, 9, 2,
     16384},
    {image_format::svg, "svg", "svg", "image/svg+xml", false, false, false, false, false, false, true, 0, 0,
     0, 0},
    {image_format::heic, "heic", "heic", "image/heic", false, false, true, true, true, false, true, 0, 9, 4,
     16384},
    {image_format::jxl, "jxl", "jxl", "image/jxl", false, false, true, true, true, false, true, 1, 9, 7,
     65535},
    {image_format::pdf, "pdf", "pdf", "application/pdf", false, false, false, false, false, false, true, 0, 0,
     0, 0},
}};

bool begins(std::string_view head, std::string_view magic, size_t at = 0) {
  return head.size() >= at && head.substr(at).starts_with(magic);
}

std::uint32_t big_endian(std::string_view four) {
  std::uint32_t v = 0;
  for (char c : four) v = (v << 8) | static_cast<unsigned char>(c);
  return v;
}

bool is_webp(std::string_view head) { return begins(head, "RIFF") && begins(head, "WEBP", 8); }

bool is_tiff(std::string_view head) {
  return begins(head, "II\x2a\0"sv) || begins(head, "MM\0\x2a"sv) || begins(head, "II\x2b\0"sv) ||
         begins(head, "MM\0\x2b"sv);
}

bool is_jxl(std::string_view head) {
  return begins(head, "\xff\x0a"sv) || begins(head, "\0\0\0\x0cJXL \r\n\x87\n"sv);
}

// ISO/IEC 14496-12, section 4.3: the major brand, then the compatible ones. "mif1" alone says nothing of the
// codec inside, so every brand is looked at.
std::optional<image_format> sniff_heif(std::string_view head) {
  if (!begins(head, "ftyp", 4)) return std::nullopt;
  const auto box = std::min<size_t>(head.size(), big_endian(head.substr(0, 4)));
  bool heic = false;
  for (size_t at = 8; at + 4 <= box; at += at == 8 ? 8 : 4) {
    const auto brand = head.substr(at, 4);
    if (brand == "avif" || brand == "avis") return image_format::avif;
    heic = heic || brand == "heic" || brand == "heix" || brand == "hevc" || brand == "heim" ||
           brand == "heis" || brand == "mif1" || brand == "msf1";
  }
  return heic ? std::optional{image_format::heic} : std::nullopt;
}

// Past what may stand before the root element: a byte order mark, space, declarations, comments.
bool is_svg(std::string_view head) {
  if (begins(head, "\xef\xbb\xbf")) head.remove_prefix(3);
  while (true) {
    const auto at = head.find_first_not_of(" \t\r\n");
    if (at == std::string_view::npos) return false;
    head.remove_prefix(at);
    if (begins(head, "<svg") || begins(head, "<svg:svg")) return true;
    const auto end = begins(head, "<!--") ? "-->"sv : begins(head, "<?") ? "?>"sv : ">"sv;
    if (!begins(head, "<!") && !begins(head, "<?")) return false;
    const auto close = head.find(end);
    if (close == std::string_view::npos) return false;
    head.remove_prefix(close + end.size());
  }
}

}  // namespace

std::span<const format_spec> format_table() { return table; }

const format_spec& spec_of(image_format format) { return table.at(static_cast<size_t>(format)); }

const format_spec* find_format(std::string_view name) {
  const auto it = std::ranges::find(table, name, &format_spec::name);
  return it == table.end() ? nullptr : &*it;
}

std::optional<image_format> sniff_format(std::string_view head) {
  if (begins(head, "\xff\xd8\xff")) return image_format::jpeg;
  if (begins(head, "\x89PNG\r\n\x1a\n")) return image_format::png;
  if (is_webp(head)) return image_format::webp;
  if (begins(head, "GIF87a") || begins(head, "GIF89a")) return image_format::gif;
  if (is_tiff(head)) return image_format::tiff;
  if (is_jxl(head)) return image_format::jxl;
  if (begins(head, "%PDF-")) return image_format::pdf;
  if (const auto heif = sniff_heif(head)) return heif;
  if (is_svg(head)) return image_format::svg;
  return std::nullopt;
}

}  // namespace dip
