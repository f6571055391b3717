#include "core/geometry.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "core/operation_table.hpp"

namespace dip {
namespace {

std::uint32_t to_side(double length) {
  return static_cast<std::uint32_t>(std::clamp(std::round(length), 1.0, 2147483647.0));
}

image_size scaled_by(image_size from, double x, double y) {
  return {to_side(from.width * x), to_side(from.height * y)};
}

// One side alone: the other follows, but for fill, which leaves it.
resize_steps one_sided(image_size from, double factor, bool wide, bool fill, bool enlarge) {
  if (!enlarge) factor = std::min(factor, 1.0);
  const auto size =
      fill ? scaled_by(from, wide ? factor : 1.0, wide ? 1.0 : factor) : scaled_by(from, factor, factor);
  return {size, size};
}

}  // namespace

gravity gravity_of(std::string_view position) {
  static constexpr std::array<std::pair<std::string_view, gravity>, 16> table{{
      {"top", {1, 0}},
      {"north", {1, 0}},
      {"right top", {2, 0}},
      {"northeast", {2, 0}},
      {"right", {2, 1}},
      {"east", {2, 1}},
      {"right bottom", {2, 2}},
      {"southeast", {2, 2}},
      {"bottom", {1, 2}},
      {"south", {1, 2}},
      {"left bottom", {0, 2}},
      {"southwest", {0, 2}},
      {"left", {0, 1}},
      {"west", {0, 1}},
      {"left top", {0, 0}},
      {"northwest", {0, 0}},
  }};
  for (const auto& [name, place] : table)
    if (name == position) return place;
  return {};
}

resize_steps resize_geometry(image_size from, const operation& op) {
  const auto fit = text_param(op, "fit");
  const bool enlarge = bool_param(op, "enlarge");
  const auto wanted_width = static_cast<double>(integer_param(op, "width"));
  const auto wanted_height = static_cast<double>(integer_param(op, "height"));
  double x = wanted_width / from.width;
  double y = wanted_height / from.height;
  if (!has_param(op, "height")) return one_sided(from, x, true, fit == "fill", enlarge);
  if (!has_param(op, "width")) return one_sided(from, y, false, fit == "fill", enlarge);

  if (fit == "cover" || fit == "outside") x = y = std::max(x, y);
  if (fit == "contain" || fit == "inside") x = y = std::min(x, y);
  if (!enlarge) {
    x = std::min(x, 1.0);
    y = std::min(y, 1.0);
  }
  const auto scaled = scaled_by(from, x, y);
  const image_size asked{to_side(wanted_width), to_side(wanted_height)};
  if (fit == "cover")
    return {scaled, {std::min(scaled.width, asked.width), std::min(scaled.height, asked.height)}};
  if (fit == "contain") return {scaled, asked};
  return {scaled, scaled};
}

int quarter_turn(double angle) {
  const double turned = std::fmod(std::fmod(angle, 360.0) + 360.0, 360.0);
  for (const int quarter : {0, 90, 180, 270})
    if (turned == quarter) return quarter;
  return -1;
}

image_size rotated_size(image_size from, double angle) {
  const int quarter = quarter_turn(angle);
  if (quarter == 0 || quarter == 180) return from;
  if (quarter > 0) return {from.height, from.width};
  const double radians = angle * std::numbers::pi / 180.0;
  const double across = std::abs(std::cos(radians));
  const double along = std::abs(std::sin(radians));
  return {to_side(from.width * across + from.height * along),
          to_side(from.width * along + from.height * across)};
}

image_size size_inside(image_size from, std::uint32_t max_width, std::uint32_t max_height) {
  double factor = 1.0;
  if (max_width != 0) factor = std::min(factor, static_cast<double>(max_width) / from.width);
  if (max_height != 0) factor = std::min(factor, static_cast<double>(max_height) / from.height);
  return scaled_by(from, factor, factor);
}

}  // namespace dip
