// The image formats: what they are called, and how their first bytes look.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/errc.hpp"

namespace dip {

enum class image_format : std::uint8_t { jpeg, png, webp, gif, tiff, avif, svg, heic, jxl, pdf };

struct format_spec {
  image_format format;
  std::string_view name;          // as in the API: "jpeg"
  std::string_view extension;     // of object keys: "jpg"
  std::string_view content_type;  // "image/jpeg"
  bool readable;                  // accepted by POST /files
  bool writable;                  // accepted as outputs[].format
  bool has_quality;               // outputs[].quality means something
  bool has_lossless;
  bool has_effort;
  bool has_progressive;
  bool has_alpha;
  bool has_frames = false;     // can move
  bool is_vector = false;      // has no pixels of its own: drawn as large as is needed
  std::uint32_t quality = 80;  // where none is asked for
  std::uint32_t effort = 4;
};

// All formats, in the order of `image_format`.
[[nodiscard]] std::span<const format_spec> format_table();
[[nodiscard]] const format_spec& spec_of(image_format format);
[[nodiscard]] const format_spec* find_format(std::string_view name);

// What a codec can do.
struct format_set {
  std::uint32_t reads = 0;  // a bit each, 1 << format
  std::uint32_t writes = 0;

  [[nodiscard]] bool can_read(image_format format) const {
    return (reads >> static_cast<unsigned>(format) & 1) != 0;
  }
  [[nodiscard]] bool can_write(image_format format) const {
    return (writes >> static_cast<unsigned>(format) & 1) != 0;
  }
  void add_reading(image_format format) { reads |= 1U << static_cast<unsigned>(format); }
  void add_writing(image_format format) { writes |= 1U << static_cast<unsigned>(format); }
  [[nodiscard]] format_set operator|(format_set other) const {
    return {reads | other.reads, writes | other.writes};
  }

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.reads, s.writes);
  }
  bool operator==(const format_set&) const = default;
};

// How many of a file's first bytes `sniff_format` wants to see; fewer are fine for a shorter file.
inline constexpr size_t sniff_bytes = 4096;
// The format by content, never by name or header; nothing when it is none that we know.
[[nodiscard]] std::optional<image_format> sniff_format(std::string_view head);

// What a file's header says, before anything is decoded.
struct image_header {
  enum class colour_kind : std::uint8_t { rgb, grey, cmyk, other };

  image_format format = image_format::jpeg;
  std::uint32_t width = 0;  // pixels as stored, of one page
  std::uint32_t height = 0;
  std::uint32_t pages = 1;  // frames of an animation, pages of a document
  bool has_alpha = false;
  std::uint8_t orientation = 1;  // EXIF, 1 to 8
  bool interlaced = false;       // progressive JPEG, interlaced PNG: decoded whole, at 3 to 6 times the cost
  std::uint8_t bits = 8;         // of one sample
  colour_kind colour = colour_kind::rgb;
  bool has_profile = false;  // an embedded ICC profile that is not sRGB's

  // Width and height as a person sees the image, the orientation applied.
  [[nodiscard]] std::uint32_t upright_width() const { return orientation >= 5 ? height : width; }
  [[nodiscard]] std::uint32_t upright_height() const { return orientation >= 5 ? width : height; }

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.format, s.width, s.height, s.pages, s.has_alpha, s.orientation, s.interlaced, s.bits, s.colour,
             s.has_profile);
  }
  bool operator==(const image_header&) const = default;
};

}  // namespace dip
