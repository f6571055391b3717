#include <array>

#include "core/operation_specs.hpp"

namespace dip::specs {

std::span<const operation_spec> of_filters() {
  static const std::array blur{
      number_of("sigma", 0.3, 1000, 1, "of the Gaussian, in pixels; default 1"),
  };
  static const std::array sharpen{
      number_of("sigma", 0.3, 10, 1, "of the Gaussian whose difference is added, in pixels; default 1"),
  };
  static const std::array median{
      integer_of("size", 1, 100, std::int64_t{3}, "side of the neighbourhood, in pixels"),
  };
  static const std::array pixelate{
      integer_of("size", 1, 1000, std::int64_t{10}, "side of a block, in pixels"),
  };
  static const std::array threshold{
      integer_of("level", 0, 255, std::int64_t{128}, "lightness from which on a pixel becomes white"),
  };
  static const std::array vignette{
      number_of("strength", 0, 1, 0.5, "how dark the corners are: 0 as they were, 1 black"),
  };
  static const std::array all{
      operation_spec{.name = "blur",
                     .doc = "softens by a Gaussian",
                     .params = blur,
                     .cost = {.base = 1, .each = 0.2, .of = "sigma"}},
      operation_spec{.name = "sharpen",
                     .doc = "sharpens the lightness",
                     .params = sharpen,
                     .cost = {.base = 16, .each = 1, .of = "sigma"}},
      operation_spec{.name = "median",
                     .doc = "removes specks, keeps edges",
                     .params = median,
                     .cost = {.base = 40, .each = 0.6, .of = "size"}},
      operation_spec{.name = "pixelate", .doc = "blocks of one colour", .params = pixelate},
      operation_spec{.name = "threshold", .doc = "black and white only", .params = threshold},
      operation_spec{.name = "edge", .doc = "edges white on black", .params = {}, .cost = {.base = 3}},
      operation_spec{.name = "emboss", .doc = "relief, lit from the top left", .params = {}},
      operation_spec{
          .name = "vignette", .doc = "darkens towards the corners", .params = vignette, .cost = {.base = 4}},
  };
  return all;
}

}  // namespace dip::specs
