#include <array>

#include "core/operation_specs.hpp"

namespace dip::specs {

std::span<const operation_spec> of_colour() {
  static const std::array tint{
      param_spec{.name = "color",
                 .kind = param_kind::colour,
                 .required = true,
                 .doc = "whose hue all pixels get; their lightness stays"},
  };
  static const std::array modulate{
      number_of("brightness", 0, 10, 1, "factor; 1 changes nothing"),
      number_of("saturation", 0, 10, 1, "factor; 0 is grey, 1 changes nothing"),
      number_of("hue", -360, 360, 0, "degrees that the colours are turned by"),
  };
  static const std::array contrast{
      required_number("amount", 0, 10, "factor around middle grey; 0 is grey, 1 changes nothing"),
  };
  static const std::array gamma{
      number_of("gamma", 0.1, 10, 2.2, "exponent; above 1 lightens the middle tones, 1 changes nothing"),
  };
  static const std::array clahe{
      required_integer("width", 1, max_side, "of the neighbourhood, in pixels"),
      required_integer("height", 1, max_side, "of the neighbourhood, in pixels"),
      integer_of("max_slope", 0, 100, std::int64_t{3}, "how much contrast may grow; 0 is no limit"),
  };
  static const std::array all{
      operation_spec{.name = "grayscale", .doc = "takes the colours away", .params = {}, .pointwise = true},
      operation_spec{.name = "sepia",
                     .doc = "brown tones, as of an old photograph",
                     .params = {},
                     .pointwise = true,
                     .cost = {.base = 2}},
      operation_spec{.name = "tint",
                     .doc = "tones of one colour",
                     .params = tint,
                     .pointwise = true,
                     .cost = {.base = 9}},
      operation_spec{.name = "negate",
                     .doc = "turns each colour into its opposite; alpha stays",
                     .params = {},
                     .pointwise = true},
      operation_spec{.name = "modulate",
                     .doc = "changes brightness, saturation and hue",
                     .params = modulate,
                     .pointwise = true,
                     .cost = {.base = 12}},
      operation_spec{.name = "contrast",
                     .doc = "moves colours away from middle grey, or towards it",
                     .params = contrast,
                     .pointwise = true,
                     .cost = {.base = 2}},
      operation_spec{.name = "gamma", .doc = "gamma correction", .params = gamma, .pointwise = true},
      operation_spec{.name = "normalize",
                     .doc = "stretches the lightness over its full range",
                     .params = {},
                     .cost = {.base = 17}},
      operation_spec{.name = "clahe",
                     .doc = "contrast limited adaptive histogram equalisation, of the lightness",
                     .params = clahe,
                     .cost = {.base = 50, .each = 0.4, .of = "width"}},
  };
  return all;
}

}  // namespace dip::specs
