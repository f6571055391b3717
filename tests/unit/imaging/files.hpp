// Files in memory and small images to put into them.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/operation_table.hpp"
#include "core/recipe.hpp"
#include "imaging/descriptor.hpp"

namespace dip::testing {

class memory_file {
public:
  explicit memory_file(std::string_view bytes = {}) : fd_(::memfd_create("test", MFD_CLOEXEC)) {
    if (::pwrite(fd_.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error{"a file in memory could not be written"};
  }
  [[nodiscard]] int get() const { return fd_.get(); }
  [[nodiscard]] size_t size() const {
    struct stat about{};
    return ::fstat(fd_.get(), &about) == 0 ? static_cast<size_t>(about.st_size) : 0;
  }
  [[nodiscard]] std::string bytes() const {
    std::string all(size(), '\0');
    return ::pread(fd_.get(), all.data(), all.size(), 0) == static_cast<ssize_t>(all.size()) ? all
                                                                                             : std::string{};
  }

private:
  descriptor fd_;
};

inline std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

inline std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320U : 0U);
  }
  return ~crc;
}

inline std::string png_chunk(std::string_view type, std::string_view data) {
  const auto body = std::string{type}.append(data);
  return big_endian(static_cast<std::uint32_t>(data.size())) + body + big_endian(crc32(body));
}

// zlib without compression.
inline std::string stored(std::string_view bytes) {
  std::string out{"\x78\x01"};
  std::uint32_t a = 1, b = 0;
  for (const char c : bytes) {
    a = (a + static_cast<unsigned char>(c)) % 65521;
    b = (b + a) % 65521;
  }
  do {
    const auto piece = bytes.substr(0, 65535);
    bytes.remove_prefix(piece.size());
    const auto size = static_cast<unsigned>(piece.size());
    for (const unsigned byte :
         {bytes.empty() ? 1U : 0U, size & 255, size >> 8, ~size & 255, ~size >> 8 & 255})
      out.push_back(static_cast<char>(byte));
    out.append(piece);
  } while (!bytes.empty());
  return out + big_endian(b << 16 | a);
}

using rgba = std::array<std::uint8_t, 4>;

// `pixel(x, y)` gives each pixel; 3 bands leave its alpha out.
template <class F>
std::string png(std::uint32_t width, std::uint32_t height, unsigned bands, F&& pixel) {
  std::string rows;
  for (std::uint32_t y = 0; y < height; ++y) {
    rows.push_back('\0');
    for (std::uint32_t x = 0; x < width; ++x) {
      const rgba value = pixel(x, y);
      rows.append(reinterpret_cast<const char*>(value.data()), bands);
    }
  }
  const std::string kind{'\x8', static_cast<char>(bands == 4 ? 6 : 2), '\0', '\0', '\0'};
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", big_endian(width) + big_endian(height) + kind) +
         png_chunk("IDAT", stored(rows)) + png_chunk("IEND", "");
}

// Left half red, right half blue; the lower half of each darker.
inline rgba quarters(std::uint32_t x, std::uint32_t y, std::uint32_t width, std::uint32_t height) {
  const std::uint8_t value = y < height / 2 ? 250 : 100;
  if (x < width / 2) return {value, 0, 0, 255};
  return {0, 0, value, 255};
}

inline std::string quarters_png(std::uint32_t width, std::uint32_t height) {
  return png(width, height, 3, [=](auto x, auto y) { return quarters(x, y, width, height); });
}

// A JPEG of the same pixels with EXIF that says only how it is to be turned.
inline std::string with_orientation(std::string_view jpeg, unsigned orientation) {
  using namespace std::string_literals;
  const auto exif = "Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"s +
                    std::string(1, static_cast<char>(orientation)) + "\0\0\0\0\0\0"s;
  return "\xff\xd8\xff\xe1"s + std::string{'\0', static_cast<char>(exif.size() + 2)} + exif +
         std::string{jpeg.substr(2)};
}

// An operation as the parser makes it: what is not given has its default.
inline operation op(std::string_view name,
                    std::initializer_list<std::pair<std::string_view, param_value>> given = {}) {
  const auto* spec = find_operation(name);
  if (spec == nullptr) throw std::logic_error{"no such operation"};
  operation made{std::string{name}, {}};
  for (const auto& param : spec->params) {
    made.params.push_back(param.fallback);
    for (const auto& [key, value] : given)
      if (key == param.name) made.params.back() = value;
  }
  return made;
}

inline param_value whole(std::int64_t value) { return value; }
inline param_value word(std::string value) { return value; }

}  // namespace dip::testing
