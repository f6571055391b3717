#include <array>

#include "core/operation_specs.hpp"

namespace dip::specs {
namespace {

using namespace std::string_literals;

constexpr std::array<std::string_view, 5> fits{"cover", "contain", "inside", "outside", "fill"};
constexpr std::array<std::string_view, 6> kernels{"nearest",  "linear",   "cubic",
                                                  "mitchell", "lanczos2", "lanczos3"};
constexpr std::array<std::string_view, 16> all_positions{
    "centre", "center",    "top",   "right",     "bottom", "left",      "north",     "northeast",
    "east",   "southeast", "south", "southwest", "west",   "northwest", "attention", "entropy"};

constexpr std::array<std::string_view, 2> sides{"width", "height"};

}  // namespace

std::span<const std::string_view> positions() { return all_positions; }
std::span<const std::string_view> places() { return positions().first(14); }

std::span<const operation_spec> of_geometry() {
  static const std::array resize{
      integer_of("width", 1, max_side, {}, "pixels; left out: follows from height"),
      integer_of("height", 1, max_side, {}, "pixels; left out: follows from width"),
      choice_of("fit", fits, "cover"s,
                "with both sides given: cover crops, contain pads, inside and outside keep the proportions, "
                "fill does not; with one side, all but fill keep the proportions"),
      choice_of("position", positions(), "centre"s, "what cover keeps and where contain puts the image"),
      switch_of("enlarge", "whether an image smaller than asked for is scaled up"),
      colour_of("background", "#000000"s, "what contain pads with"),
      choice_of("kernel", kernels, "lanczos3"s, "how pixels are interpolated"),
  };
  static const std::array crop{
      integer_of("x", 0, max_side, std::int64_t{0},
                 "left edge, in pixels of the image as it is at this step"),
      integer_of("y", 0, max_side, std::int64_t{0}, "top edge"),
      required_integer("width", 1, max_side, "pixels; the area must lie inside of the image"),
      required_integer("height", 1, max_side, "pixels"),
  };
  static const std::array trim{
      number_of("threshold", 0, 255, 10, "how much a pixel must differ from the top left one to be kept"),
  };
  static const std::array extend{
      integer_of("top", 0, max_side, std::int64_t{0}, "pixels added above"),
      integer_of("right", 0, max_side, std::int64_t{0}, "pixels added to the right"),
      integer_of("bottom", 0, max_side, std::int64_t{0}, "pixels added below"),
      integer_of("left", 0, max_side, std::int64_t{0}, "pixels added to the left"),
      colour_of("background", "#000000"s, "of what is added"),
  };
  static const std::array rotate{
      required_number("angle", -360, 360, "degrees clockwise; the image grows to hold its corners"),
      colour_of("background", "#000000"s, "of the corners, when the angle is no multiple of 90"),
  };
  static const std::array all{
      operation_spec{.name = "resize",
                     .doc = "scales, and crops or pads to the size asked for",
                     .params = resize,
                     .needs_one_of = sides},
      operation_spec{.name = "crop", .doc = "keeps a rectangle", .params = crop, .cost = {.base = 0}},
      operation_spec{.name = "trim",
                     .doc = "cuts off edges that look like the top left pixel",
                     .params = trim,
                     .cost = {.base = 40}},
      operation_spec{.name = "extend", .doc = "adds edges of one colour", .params = extend},
      operation_spec{.name = "rotate", .doc = "turns clockwise", .params = rotate, .cost = {.base = 3}},
      operation_spec{.name = "flip", .doc = "mirrors top and bottom", .params = {}, .pointwise = true},
      operation_spec{.name = "flop", .doc = "mirrors left and right", .params = {}, .pointwise = true},
  };
  return all;
}

}  // namespace dip::specs
