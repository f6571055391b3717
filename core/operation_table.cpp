#include "core/operation_table.hpp"

#include <algorithm>
#include <array>

namespace dip {
namespace {

using sv = std::string_view;

constexpr std::array<sv, 5> fits{"cover", "contain", "inside", "outside", "fill"};
constexpr std::array<sv, 6> kernels{"nearest", "linear", "cubic", "mitchell", "lanczos2", "lanczos3"};
constexpr std::array<sv, 20> positions{"centre",       "center",    "top",         "right top", "right",
                                       "right bottom", "bottom",    "left bottom", "left",      "left top",
                                       "north",        "northeast", "east",        "southeast", "south",
                                       "southwest",    "west",      "northwest",   "entropy",   "attention"};
// Places of a text or a watermark: all but the two that look at the picture.
constexpr std::span<const sv> places = std::span{positions}.first(18);

constexpr double max_length = 65535;

const std::string black = "#000000";

std::string_view check_resize(const operation& op) {
  return has_param(op, "width") || has_param(op, "height") ? sv{} : sv{"resize needs a width or a height"};
}

const std::array resize_params{
    param_spec{
        "width", param_kind::integer, false, 1, max_length, {}, {}, "pixels; alone, the height follows"},
    param_spec{
        "height", param_kind::integer, false, 1, max_length, {}, {}, "pixels; alone, the width follows"},
    param_spec{"fit", param_kind::choice, false, 0, 0, std::string{"cover"}, fits,
               "cover crops, contain adds background, inside and outside keep the whole, fill distorts"},
    param_spec{"position", param_kind::choice, false, 0, 0, std::string{"centre"}, positions,
               "what cover keeps and where contain puts the image"},
    param_spec{"enlarge", param_kind::boolean, false, 0, 0, false, {}, "whether a small image may grow"},
    param_spec{"background", param_kind::colour, false, 0, 0, black, {}, "of what contain adds"},
    param_spec{"kernel", param_kind::choice, false, 0, 0, std::string{"lanczos3"}, kernels,
               "how pixels are weighed"},
};

const std::array crop_params{
    param_spec{"x", param_kind::integer, false, 0, max_length, std::int64_t{0}, {}, "pixels from the left"},
    param_spec{"y", param_kind::integer, false, 0, max_length, std::int64_t{0}, {}, "pixels from the top"},
    param_spec{"width", param_kind::integer, true, 1, max_length, {}, {}, "pixels"},
    param_spec{"height", param_kind::integer, true, 1, max_length, {}, {}, "pixels"},
};

const std::array rotate_params{
    param_spec{"angle", param_kind::number, true, -360, 360, {}, {}, "degrees, clockwise"},
    param_spec{"background", param_kind::colour, false, 0, 0, black, {}, "of the corners"},
};

const std::array blur_params{
    param_spec{"sigma", param_kind::number, false, 0.3, 100, 1.0, {}, "pixels, of the Gaussian"},
};

const std::array sharpen_params{
    param_spec{"sigma", param_kind::number, false, 0.3, 10, 1.0, {}, "pixels, of the Gaussian"},
};

const std::array modulate_params{
    param_spec{"brightness", param_kind::number, false, 0, 10, 1.0, {}, "factor of the lightness"},
    param_spec{"saturation", param_kind::number, false, 0, 10, 1.0, {}, "factor of the chroma"},
    param_spec{"hue", param_kind::number, false, -360, 360, 0.0, {}, "degrees to turn the hue by"},
};

const std::array text_params{
    param_spec{
        "text", param_kind::text, true, 1, 1000, {}, {}, "taken literally; wraps at the image's width"},
    param_spec{
        "font", param_kind::text, false, 1, 100, std::string{"sans"}, {}, "family and style: \"sans bold\""},
    param_spec{"size", param_kind::integer, false, 1, 1000, std::int64_t{32}, {}, "pixels"},
    param_spec{"color", param_kind::colour, false, 0, 0, std::string{"#ffffff"}, {}, "of the letters"},
    param_spec{"position", param_kind::choice, false, 0, 0, std::string{"southeast"}, places, "where"},
    param_spec{"margin", param_kind::integer, false, 0, 10000, std::int64_t{16}, {}, "pixels to the edges"},
    param_spec{"opacity", param_kind::number, false, 0, 1, 1.0, {}, "0 is invisible"},
};

const std::array watermark_params{
    param_spec{"file", param_kind::file, true, 1, 64, {}, {}, "a key in rtp-request-files"},
    param_spec{"position", param_kind::choice, false, 0, 0, std::string{"southeast"}, places, "where"},
    param_spec{"margin",
               param_kind::integer,
               false,
               0,
               10000,
               std::int64_t{16},
               {},
               "pixels to the edges; between the tiles"},
    param_spec{"scale",
               param_kind::number,
               false,
               0.01,
               1,
               {},
               {},
               "the mark's width as a part of the image's; left out, its own size if that fits"},
    param_spec{"opacity", param_kind::number, false, 0, 1, 1.0, {}, "0 is invisible"},
    param_spec{"tile", param_kind::boolean, false, 0, 0, false, {}, "repeat it over the whole image"},
};

const std::array operations{
    operation_spec{"resize", "Scales to a size.", resize_params, check_resize},
    operation_spec{"crop", "Cuts out a rectangle, which must lie in the image.", crop_params},
    operation_spec{"rotate", "Turns by any angle; the whole image stays visible.", rotate_params},
    operation_spec{"flip", "Mirrors top and bottom.", {}},
    operation_spec{"flop", "Mirrors left and right.", {}},
    operation_spec{"grayscale", "Takes the colour away.", {}},
    operation_spec{"blur", "Softens with a Gaussian.", blur_params},
    operation_spec{"sharpen", "Sharpens the lightness.", sharpen_params},
    operation_spec{"modulate", "Changes lightness, chroma and hue.", modulate_params},
    operation_spec{"text", "Writes a line or a paragraph.", text_params},
    operation_spec{"watermark", "Lays another image over it.", watermark_params},
};

}  // namespace

std::span<const operation_spec> operation_table() { return operations; }

const operation_spec* find_operation(std::string_view name) {
  const auto it = std::ranges::find(operations, name, &operation_spec::name);
  return it == operations.end() ? nullptr : &*it;
}

const param_value& param(const operation& op, std::string_view name) {
  static const param_value none;
  const auto* spec = find_operation(op.op);
  if (spec == nullptr) return none;
  const auto it = std::ranges::find(spec->params, name, &param_spec::name);
  const auto at = static_cast<size_t>(it - spec->params.begin());
  return at < op.params.size() ? op.params[at] : none;
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
  return integer == nullptr ? otherwise : *integer;
}

bool bool_param(const operation& op, std::string_view name) {
  const auto* flag = std::get_if<bool>(&param(op, name));
  return flag != nullptr && *flag;
}

std::string_view text_param(const operation& op, std::string_view name) {
  const auto* text = std::get_if<std::string>(&param(op, name));
  return text == nullptr ? std::string_view{} : std::string_view{*text};
}

}  // namespace dip
