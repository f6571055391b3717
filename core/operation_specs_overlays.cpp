#include <array>

#include "core/operation_specs.hpp"

namespace dip::specs {

std::span<const operation_spec> of_overlays() {
  using namespace std::string_literals;
  static const std::array round{
      required_integer("radius", 1, max_side,
                       "of the corners, in pixels; half of the shorter side at most is used"),
  };
  static const std::array flatten{
      colour_of("background", "#ffffff"s, "what is seen through the image"),
  };
  static const std::array text{
      param_spec{.name = "text",
                 .kind = param_kind::text,
                 .required = true,
                 .min = 1,
                 .max = 1000,
                 .doc = "UTF-8, 1 to 1,000 bytes; a line break starts a line"},
      param_spec{.name = "font",
                 .kind = param_kind::text,
                 .min = 1,
                 .max = 100,
                 .fallback = "sans"s,
                 .doc = "family and style as fontconfig knows them"},
      number_of("size", 1, 2000, 32, "height of the font, in pixels"),
      colour_of("color", "#ffffff"s, "of the letters"),
      choice_of("position", places(), "centre"s, "where the text stands"),
      integer_of("margin", 0, max_side, std::int64_t{0}, "pixels to the edge that the position names"),
      number_of("opacity", 0, 1, 1, "1 covers, 0 cannot be seen"),
  };
  static const std::array watermark{
      param_spec{.name = "file",
                 .kind = param_kind::file,
                 .required = true,
                 .min = 1,
                 .max = 200,
                 .doc = "key of an image in rtp-request-files"},
      choice_of("position", places(), "centre"s, "where the watermark lies"),
      integer_of("margin", 0, max_side, std::int64_t{0}, "pixels to the edge that the position names"),
      number_of("scale", 0.01, 1, 0.25, "its width as a share of the image's"),
      number_of("opacity", 0, 1, 1, "1 covers, 0 cannot be seen"),
      switch_of("tile", "whether it is repeated over the whole image"),
  };
  static const std::array all{
      operation_spec{.name = "round", .doc = "cuts the corners round", .params = round, .cost = {.base = 8}},
      operation_spec{
          .name = "flatten", .doc = "lays the image on a colour", .params = flatten, .pointwise = true},
      operation_spec{.name = "text", .doc = "writes over the image", .params = text, .cost = {.base = 2}},
      operation_spec{.name = "watermark",
                     .doc = "lays another image over this one",
                     .params = watermark,
                     .cost = {.base = 4}},
  };
  return all;
}

}  // namespace dip::specs
