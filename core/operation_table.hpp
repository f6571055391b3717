// The operations there are, as a table: the parser, the API's description, the CLI's --op and the codec read
// it.
#pragma once

#include <span>
#include <string_view>

#include "core/recipe.hpp"

namespace dip {

enum class param_kind : unsigned char { integer, number, boolean, text, choice, colour, file };

struct param_spec {
  std::string_view name;
  param_kind kind;
  bool required = false;
  double min = 0;  // of integer and number, both ends included; of text: of its length in bytes
  double max = 0;
  param_value fallback = {};                       // monostate: none
  std::span<const std::string_view> choices = {};  // of choice
  std::string_view doc;
};

// Of a pixel, in the units of job_plan::cost: `base`, and `each` for each unit of the parameter `of`.
struct operation_cost {
  double base = 1;
  double each = 0;
  std::string_view of = {};
};

struct operation_spec {
  std::string_view name;
  std::string_view doc;
  std::span<const param_spec> params;
  std::span<const std::string_view> needs_one_of = {};  // none of them is required, but one of them is
  // Each pixel by itself, or its place mirrored: done after scaling it gives what it gives before.
  bool pointwise = false;
  operation_cost cost = {};
};

[[nodiscard]] std::span<const operation_spec> operation_table();
[[nodiscard]] const operation_spec* find_operation(std::string_view name);

// A parameter of a parsed operation by name; monostate when it was left out. The name must be in the spec.
[[nodiscard]] const param_value& param(const operation& op, std::string_view name);
[[nodiscard]] bool has_param(const operation& op, std::string_view name);
[[nodiscard]] double number_param(const operation& op, std::string_view name, double otherwise = 0);
[[nodiscard]] std::int64_t integer_param(const operation& op, std::string_view name,
                                         std::int64_t otherwise = 0);
[[nodiscard]] bool bool_param(const operation& op, std::string_view name);
[[nodiscard]] std::string_view text_param(const operation& op, std::string_view name);

}  // namespace dip
