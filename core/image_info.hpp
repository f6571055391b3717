// What GET /files/{key}?info tells of an image beyond its header.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/image_format.hpp"

namespace dip {

struct exif_entry {
  std::string name;   // EXIF's own: "DateTimeOriginal"
  std::string value;  // as libexif words it for a person: "1/250 sec."

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.name, s.value);
  }
  bool operator==(const exif_entry&) const = default;
};

struct image_info {
  image_header header;
  std::string colour_space;          // "srgb", "b-w", "cmyk", as libvips names them
  std::uint32_t dominant = 0;        // 0xrrggbb, of the first frame on white
  std::string thumbhash;             // Base64 of at most 25 bytes (evanw.github.io/thumbhash)
  std::vector<exif_entry> exif;      // what is worth showing; where it was taken only if asked for
  std::vector<std::int32_t> delays;  // milliseconds, of an animation's frames
  std::int32_t loop = 0;             // how often it is shown; 0: for ever
  // Why there is neither `dominant` nor `thumbhash`: the pixels cannot be decoded. Empty: they were.
  std::string damage;

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.header, s.colour_space, s.dominant, s.thumbhash, s.exif, s.delays, s.loop, s.damage);
  }
  bool operator==(const image_info&) const = default;
};

}  // namespace dip
