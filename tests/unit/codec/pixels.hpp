// Images in memory, and looks at their pixels.
#pragma once

#include <cmath>
#include <memory>
#include <vector>

#include <catch2/catch_test_macros.hpp>

#include "imaging/codec/operations.hpp"
#include "imaging/codec/preprocess.hpp"
#include "tests/unit/imaging/files.hpp"

namespace dip::testing {

using pixels::VImage;

inline void library() {
  static const bool ready = pixels::start_library("test");
  REQUIRE(ready);
}

inline VImage loaded(const memory_file& file, image_format format) {
  library();
  const pixels::mapped_file bytes{file.get()};
  return pixels::open_image(bytes, format, {.how = pixels::reading::anywhere}).copy_memory();
}

inline VImage quarters_image(std::uint32_t width, std::uint32_t height) {
  return loaded(memory_file{quarters_png(width, height)}, image_format::png);
}

// `value` everywhere.
inline VImage plain(std::uint32_t width, std::uint32_t height, rgba value) {
  return loaded(memory_file{png(width, height, 4, [=](auto, auto) { return value; })}, image_format::png);
}

inline std::vector<double> at(const VImage& image, int x, int y) { return image.getpoint(x, y); }

// Within `slack` of each band.
inline bool is_near(const std::vector<double>& value, const std::vector<double>& wanted, double slack = 3) {
  if (value.size() != wanted.size()) return false;
  for (size_t i = 0; i < value.size(); ++i)
    if (std::abs(value[i] - wanted[i]) > slack) return false;
  return true;
}

inline VImage done(const VImage& image, const operation& op, std::span<const pixels::watermark> marks = {}) {
  const auto made = pixels::apply({image}, std::span{&op, 1}, marks).front();
  CHECK(made.format() == VIPS_FORMAT_UCHAR);
  CHECK(made.interpretation() == VIPS_INTERPRETATION_sRGB);
  CHECK(made.bands() >= 3);
  return made.copy_memory();
}

inline const std::vector<double> red{250, 0, 0}, dark_red{100, 0, 0}, blue{0, 0, 250}, dark_blue{0, 0, 100};

}  // namespace dip::testing
