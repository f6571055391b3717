// The rows of the operation table, by what they are about. Only operation_table.cpp reads them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/operation_table.hpp"

namespace dip::specs {

inline constexpr double max_side = 65535;

[[nodiscard]] std::span<const operation_spec> of_geometry();
[[nodiscard]] std::span<const operation_spec> of_colour();
[[nodiscard]] std::span<const operation_spec> of_filters();
[[nodiscard]] std::span<const operation_spec> of_overlays();

// The first fourteen are places; the last two look for what matters, which only a crop of `resize` can use.
[[nodiscard]] std::span<const std::string_view> positions();
[[nodiscard]] std::span<const std::string_view> places();

inline param_spec integer_of(std::string_view name, double min, double max, param_value fallback,
                             std::string_view doc) {
  return {.name = name,
          .kind = param_kind::integer,
          .min = min,
          .max = max,
          .fallback = std::move(fallback),
          .doc = doc};
}

inline param_spec required_integer(std::string_view name, double min, double max, std::string_view doc) {
  return {.name = name, .kind = param_kind::integer, .required = true, .min = min, .max = max, .doc = doc};
}

inline param_spec number_of(std::string_view name, double min, double max, double fallback,
                            std::string_view doc) {
  return {.name = name, .kind = param_kind::number, .min = min, .max = max, .fallback = fallback, .doc = doc};
}

inline param_spec required_number(std::string_view name, double min, double max, std::string_view doc) {
  return {.name = name, .kind = param_kind::number, .required = true, .min = min, .max = max, .doc = doc};
}

inline param_spec switch_of(std::string_view name, std::string_view doc) {
  return {.name = name, .kind = param_kind::boolean, .fallback = false, .doc = doc};
}

inline param_spec choice_of(std::string_view name, std::span<const std::string_view> choices,
                            std::string fallback, std::string_view doc) {
  return {.name = name,
          .kind = param_kind::choice,
          .fallback = std::move(fallback),
          .choices = choices,
          .doc = doc};
}

inline param_spec colour_of(std::string_view name, std::string fallback, std::string_view doc) {
  return {.name = name, .kind = param_kind::colour, .fallback = std::move(fallback), .doc = doc};
}

}  // namespace dip::specs
