#include "core/operation_table.hpp"

#include <algorithm>
#include <vector>

#include "core/operation_specs.hpp"

namespace dip {
namespace {

std::vector<operation_spec> all_specs() {
  std::vector<operation_spec> all;
  for (const auto part :
       {specs::of_geometry(), specs::of_colour(), specs::of_filters(), specs::of_overlays()})
    all.insert(all.end(), part.begin(), part.end());
  return all;
}

const param_value no_value{};

}  // namespace

std::span<const operation_spec> operation_table() {
  static const auto all = all_specs();
  return all;
}

const operation_spec* find_operation(std::string_view name) {
  const auto all = operation_table();
  const auto found = std::ranges::find(all, name, &operation_spec::name);
  return found == all.end() ? nullptr : &*found;
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
