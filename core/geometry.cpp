#include "core/geometry.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string_view>

#include "core/operation_table.hpp"

namespace dip {
namespace {

// How many times smaller each side becomes; below 1 it grows.
struct shrink {
  double horizontal = 1;
  double vertical = 1;
};

std::uint32_t to_pixels(double side) {
  constexpr double most = std::numeric_limits<std::uint32_t>::max();
  return static_cast<std::uint32_t>(std::clamp(std::round(side), 1.0, most));
}

// As `ResolveShrink` of sharp's src/common.cc.
shrink shrink_for(image_size size, image_size target, std::string_view fit) {
  shrink by;
  if (target.width > 0) by.horizontal = static_cast<double>(size.width) / target.width;
  if (target.height > 0) by.vertical = static_cast<double>(size.height) / target.height;
  if (fit == "fill") return by;
  if (target.width == 0) return {by.vertical, by.vertical};
  if (target.height == 0) return {by.horizontal, by.horizontal};
  const bool all_must_fit = fit == "contain" || fit == "inside";
  const double both =
      all_must_fit ? std::max(by.horizontal, by.vertical) : std::min(by.horizontal, by.vertical);
  return {both, both};
}

image_size scale(image_size size, shrink by) {
  return {to_pixels(size.width / by.horizontal), to_pixels(size.height / by.vertical)};
}

std::uint32_t side_param(const operation& resize, std::string_view name) {
  return static_cast<std::uint32_t>(integer_param(resize, name));
}

}  // namespace

resize_result resize_geometry(std::uint32_t width, std::uint32_t height, const operation& resize) {
  const image_size target{side_param(resize, "width"), side_param(resize, "height")};
  const auto fit = text_param(resize, "fit");
  auto by = shrink_for({width, height}, target, fit);
  if (!bool_param(resize, "enlarge")) by = {std::max(1.0, by.horizontal), std::max(1.0, by.vertical)};
  const auto scaled = scale({width, height}, by);

  auto out = scaled;
  if (target.width > 0 && target.height > 0) {
    if (fit == "cover") out = {std::min(scaled.width, target.width), std::min(scaled.height, target.height)};
    if (fit == "contain") out = target;
  }
  return {scaled.width, scaled.height, out.width, out.height};
}

image_size fit_inside(image_size size, std::optional<std::uint32_t> max_width,
                      std::optional<std::uint32_t> max_height) {
  double by = 1;
  if (max_width) by = std::max(by, static_cast<double>(size.width) / *max_width);
  if (max_height) by = std::max(by, static_cast<double>(size.height) / *max_height);
  return scale(size, {by, by});
}

std::optional<unsigned> quarter_turns(double degrees) {
  if (std::fmod(degrees, 90) != 0) return std::nullopt;
  const auto turns = static_cast<long>(std::fmod(degrees, 360) / 90);
  return static_cast<unsigned>((turns + 4) % 4);
}

image_size extend_geometry(image_size size, const operation& extend) {
  return {size.width + side_param(extend, "left") + side_param(extend, "right"),
          size.height + side_param(extend, "top") + side_param(extend, "bottom")};
}

image_size rotate_geometry(image_size size, double degrees) {
  if (const auto turns = quarter_turns(degrees)) return *turns % 2 == 1 ? size.swapped() : size;
  const double radians = degrees * std::numbers::pi / 180;
  const double cosine = std::abs(std::cos(radians)), sine = std::abs(std::sin(radians));
  return {to_pixels(size.width * cosine + size.height * sine),
          to_pixels(size.width * sine + size.height * cosine)};
}

}  // namespace dip
