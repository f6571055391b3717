// One parameter of an operation, from JSON. Belongs to recipe.cpp.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/errc.hpp"
#include "core/operation_table.hpp"

namespace dip {

// Errors: `invalid_operation` at `pointer`, when `value` has not the kind or is out of the range of `spec`.
[[nodiscard]] result<param_value> parse_param(const nlohmann::json& value, const param_spec& spec,
                                              const std::string& pointer);

// A whole number from `min` to `max`; "800.0" is one too, as JSON has only one kind of number.
[[nodiscard]] result<std::int64_t> parse_integer(const nlohmann::json& value, double min, double max,
                                                 const std::string& pointer);
// A text of `min` to `max` bytes without NUL.
[[nodiscard]] result<std::string> parse_text(const nlohmann::json& value, size_t min, size_t max,
                                             const std::string& pointer);
[[nodiscard]] result<bool> parse_flag(const nlohmann::json& value, const std::string& pointer);

}  // namespace dip
