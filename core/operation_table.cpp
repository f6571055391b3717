#include "core/operation_table.hpp"

#include <algorithm>
#include <array>

namespace dip {
namespace {

using enum param_kind;
using namespace std::string_literals;

constexpr std::array<std::string_view, 5> fits{"cover", "contain", "inside", "outside", "fill"};
constexpr std::array<std::string_view, 6> kernels{"nearest",  "linear",   "cubic",
                                                  "mitchell", "lanczos2", "lanczos3"};

// The first fourteen are places; the last two look for what matters, which only a crop of `resize` can use.
constexpr std::array<std::string_view, 16> positions{
    "centre", "center",    "top",   "right",     "bottom", "left",      "north",     "northeast",
    "east",   "southeast", "south", "southwest", "west",   "northwest", "attention", "entropy"};
constexpr std::span<const std::string_view> places = std::span{positions}.first(14);

constexpr double max_side = 65535;

param_spec integer_of(std::string_view name, double min, double max, param_value fallback,
                      std::string_view doc) {
  return {.name = name, .kind = integer, .min = min, .max = max, .fallback = std::move(fallback), .doc = doc};
}

param_spec required_integer(std::string_view name, double min, double max, std::string_view doc) {
  return {.name = name, .kind = integer, .required = true, .min = min, .max = max, .doc = doc};
}

param_spec number_of(std::string_view name, double min, double max, double fallback, std::string_view doc) {
  return {.name = name, .kind = number, .min = min, .max = max, .fallback = fallback, .doc = doc};
}

param_spec switch_of(std::string_view name, std::string_view doc) {
  return {.name = name, .kind = boolean, .fallback = false, .doc = doc};
}

param_spec choice_of(std::string_view name, std::span<const std::string_view> choices, std::string fallback,
                     std::string_view doc) {
  return {.name = name, .kind = choice, .fallback = std::move(fallback), .choices = choices, .doc = doc};
}

param_spec colour_of(std::string_view name, std::string fallback, std::string_view doc) {
  return {.name = name, .kind = colour, .fallback = std::move(fallback), .doc = doc};
}

const std::array resize_params{
    integer_of("width", 1, max_side, {}, "pixels; left out: follows from height"),
    integer_of("height", 1, max_side, {}, "pixels; left out: follows from width"),
    choice_of("fit", fits, "cover"s,
              "with both sides given: cover crops, contain pads, inside and outside keep the proportions, "
              "fill does "
              "not; with one side, all but fill keep the proportions"),
    choice_of("position", positions, "centre"s, "what cover keeps and where contain puts the image"),
    switch_of("enlarge", "whether an image smaller than asked for is scaled up"),
    colour_of("background", "#000000"s, "what contain pads with"),
    choice_of("kernel", kernels, "lanczos3"s, "how pixels are interpolated"),
};

const std::array crop_params{
    integer_of("x", 0, max_side, std::int64_t{0}, "left edge, in pixels of the image as it is at this step"),
    integer_of("y", 0, max_side, std::int64_t{0}, "top edge"),
    required_integer("width", 1, max_side, "pixels; the area must lie inside of the image"),
    required_integer("height", 1, max_side, "pixels"),
};

const std::array rotate_params{
    param_spec{.name = "angle",
               .kind = number,
               .required = true,
               .min = -360,
               .max = 360,
               .doc = "degrees clockwise; the image grows to hold its corners"},
    colour_of("background", "#000000"s, "of the corners, when the angle is no multiple of 90"),
};

const std::array blur_params{
    number_of("sigma", 0.3, 1000, 1, "of the Gaussian, in pixels; default 1"),
};

const std::array sharpen_params{
    number_of("sigma", 0.3, 10, 1, "of the Gaussian whose difference is added, in pixels; default 1"),
};

const std::array modulate_params{
    number_of("brightness", 0, 10, 1, "factor; 1 changes nothing"),
    number_of("saturation", 0, 10, 1, "factor; 0 is grey, 1 changes nothing"),
    number_of("hue", -360, 360, 0, "degrees that the colours are turned by"),
};

const std::array text_params{
    param_spec{.name = "text",
               .kind = text,
               .required = true,
               .min = 1,
               .max = 1000,
               .doc = "UTF-8, 1 to 1,000 bytes; a line break starts a line"},
    param_spec{.name = "font",
               .kind = text,
               .min = 1,
               .max = 100,
               .fallback = "sans"s,
               .doc = "family and style as fontconfig knows them"},
    number_of("size", 1, 2000, 32, "height of the font, in pixels"),
    colour_of("color", "#ffffff"s, "of the letters"),
    choice_of("position", places, "centre"s, "where the text stands"),
    integer_of("margin", 0, max_side, std::int64_t{0}, "pixels to the edge that the position names"),
    number_of("opacity", 0, 1, 1, "1 covers, 0 cannot be seen"),
};

const std::array watermark_params{
    param_spec{.name = "file",
               .kind = file,
               .required = true,
               .min = 1,
               .max = 200,
               .doc = "key of an image in rtp-request-files"},
    choice_of("position", places, "centre"s, "where the watermark lies"),
    integer_of("margin", 0, max_side, std::int64_t{0}, "pixels to the edge that the position names"),
    number_of("scale", 0.01, 1, 0.25, "its width as a share of the image's"),
    number_of("opacity", 0, 1, 1, "1 covers, 0 cannot be seen"),
    switch_of("tile", "whether it is repeated over the whole image"),
};

std::string_view check_resize(const operation& op) {
  if (!has_param(op, "width") && !has_param(op, "height")) return "resize needs a width or a height";
  return {};
}

const std::array operations{
    operation_spec{.name = "resize",
                   .doc = "scales, and crops or pads to the size asked for",
                   .params = resize_params,
                   .check = check_resize},
    operation_spec{.name = "crop", .doc = "keeps a rectangle", .params = crop_params},
    operation_spec{.name = "rotate", .doc = "turns clockwise", .params = rotate_params},
    operation_spec{.name = "flip", .doc = "mirrors top and bottom", .params = {}},
    operation_spec{.name = "flop", .doc = "mirrors left and right", .params = {}},
    operation_spec{.name = "grayscale", .doc = "takes the colours away", .params = {}},
    operation_spec{.name = "blur", .doc = "softens by a Gaussian", .params = blur_params},
    operation_spec{.name = "sharpen", .doc = "sharpens the lightness", .params = sharpen_params},
    operation_spec{
        .name = "modulate", .doc = "changes brightness, saturation and hue", .params = modulate_params},
    operation_spec{.name = "text", .doc = "writes over the image", .params = text_params},
    operation_spec{
        .name = "watermark", .doc = "lays another image over this one", .params = watermark_params},
};

const param_value no_value{};

}  // namespace

std::span<const operation_spec> operation_table() { return operations; }

const operation_spec* find_operation(std::string_view name) {
  const auto found = std::ranges::find(operations, name, &operation_spec::name);
  return found == operations.end() ? nullptr : &*found;
}

const param_value& param(const operation& op, std::string_view name) {
  const auto* spec = find_operation(op.op);
  if (!spec) return no_value;
  const auto found = std::ranges::find(spec->params, name, &param_spec::name);
  if (found == spec->params.end()) return no_value;
  const auto index = static_cast<size_t>(found - spec->params.begin());
  // A record that was written before the operation had this parameter is shorter.
  return index < op.params.size() ? op.params[index] : found->fallback;
}

bool has_param(const operation& op, std::string_view name) {
  return !std::holds_alternative<std::monostate>(param(op, name));
}

double number_param(const operation& op, std::string_view name, double otherwise) {
  const auto& value = param(op, name);
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  return otherwise;
}

std::int64_t integer_param(const operation& op, std::string_view name, std::int64_t otherwise) {
  const auto* integer = std::get_if<std::int64_t>(&param(op, name));
  return integer ? *integer : otherwise;
}

bool bool_param(const operation& op, std::string_view name) {
  const auto* flag = std::get_if<bool>(&param(op, name));
  return flag && *flag;
}

std::string_view text_param(const operation& op, std::string_view name) {
  const auto* text = std::get_if<std::string>(&param(op, name));
  return text ? std::string_view{*text} : std::string_view{};
}

}  // namespace dip
