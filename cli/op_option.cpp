#include "cli/op_option.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;

tl::unexpected<error> wrong(std::string_view op, const std::string& what) {
  return fail(errc::invalid_operation, "--op " + printable(op) + ": " + what);
}

struct assignment {
  std::string name;
  std::string value;
  bool has_value = false;
};

// Takes one value off `text`, up to a comma or the end.
result<std::string> take_value(std::string_view& text) {
  std::string value;
  if (text.empty() || text.front() != '"') {
    const auto end = std::min(text.find(','), text.size());
    value = text.substr(0, end);
    text.remove_prefix(end);
    return value;
  }
  text.remove_prefix(1);
  while (!text.empty() && text.front() != '"') {
    if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
    value += text.front();
    text.remove_prefix(1);
  }
  if (text.empty()) return fail(errc::invalid_operation, "a quote is not closed");
  text.remove_prefix(1);
  if (!text.empty() && text.front() != ',')
    return fail(errc::invalid_operation, "a comma is missing after a quoted value");
  return value;
}

result<assignment> take_assignment(std::string_view& text) {
  assignment out;
  const auto end = std::min(text.find_first_of("=,"), text.size());
  out.name = text.substr(0, end);
  text.remove_prefix(end);
  if (!text.empty() && text.front() == '=') {
    text.remove_prefix(1);
    auto value = take_value(text);
    if (!value) return tl::make_unexpected(value.error());
    out.value = std::move(*value);
    out.has_value = true;
  }
  if (!text.empty()) text.remove_prefix(1);  // the comma
  return out;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number n{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (problem != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return n;
}

std::string plain(double n) {
  char out[32];
  const auto end = std::to_chars(out, out + sizeof out, n).ptr;
  return {out, end};
}

template <class Number>
result<json> in_range(const param_spec& spec, const std::string& value, const char* kind) {
  const auto n = number_of<Number>(value);
  if (n && static_cast<double>(*n) >= spec.min && static_cast<double>(*n) <= spec.max) return json(*n);
  return fail(errc::invalid_operation, std::string("must be ") + kind + " from " + plain(spec.min) + " to " +
                                           plain(spec.max) + ", not \"" + printable(value) + "\"");
}

result<json> read_boolean(const assignment& a) {
  if (!a.has_value || a.value == "true" || a.value == "yes") return json(true);
  if (a.value == "false" || a.value == "no") return json(false);
  return fail(errc::invalid_operation, "must be true or false, not \"" + printable(a.value) + "\"");
}

std::string listed(std::span<const std::string_view> words) {
  std::string out;
  for (const auto w : words) out += (out.empty() ? "" : ", ") + std::string(w);
  return out;
}

result<json> read_choice(const param_spec& spec, const std::string& value) {
  if (std::find(spec.choices.begin(), spec.choices.end(), value) != spec.choices.end()) return json(value);
  return fail(errc::invalid_operation,
              "must be one of " + listed(spec.choices) + ", not \"" + printable(value) + "\"");
}

result<json> read_value(const param_spec& spec, const assignment& a) {
  if (spec.kind == param_kind::boolean) return read_boolean(a);
  if (!a.has_value) return fail(errc::invalid_operation, "needs a value: " + a.name + "=…");
  switch (spec.kind) {
    case param_kind::integer: return in_range<std::int64_t>(spec, a.value, "a whole number");
    case param_kind::number: return in_range<double>(spec, a.value, "a number");
    case param_kind::choice: return read_choice(spec, a.value);
    default: return json(a.value);
  }
}

std::string all_params(const operation_spec& op) {
  std::string out;
  for (const auto& p : op.params) out += (out.empty() ? "" : ", ") + std::string(p.name);
  return out.empty() ? "it has no parameters" : "there are " + out;
}

std::string all_operations(std::span<const operation_spec> table) {
  std::string out;
  for (const auto& op : table) out += (out.empty() ? "" : ", ") + std::string(op.name);
  return out;
}

result<void> read_params(std::string_view text, const operation_spec& spec, json& out) {
  while (!text.empty()) {
    const auto a = take_assignment(text);
    if (!a) return wrong(spec.name, a.error().detail);
    const auto param = std::find_if(spec.params.begin(), spec.params.end(),
                                    [&](const param_spec& p) { return p.name == a->name; });
    if (param == spec.params.end())
      return wrong(spec.name, "\"" + printable(a->name) + "\" is not a parameter; " + all_params(spec));
    if (out.contains(a->name)) return wrong(spec.name, a->name + " is given twice");
    auto value = read_value(*param, *a);
    if (!value) return wrong(spec.name, a->name + " " + value.error().detail);
    out[a->name] = std::move(*value);
  }
  return {};
}

}  // namespace

result<json> parse_op(std::string_view text, std::span<const operation_spec> table) {
  const auto colon = text.find(':');
  const auto name = text.substr(0, colon);
  const auto spec =
      std::find_if(table.begin(), table.end(), [&](const operation_spec& s) { return s.name == name; });
  if (spec == table.end()) return wrong(name, "no such operation; there are " + all_operations(table));
  json out{{"op", std::string(name)}};
  if (colon != std::string_view::npos)
    if (auto read = read_params(text.substr(colon + 1), *spec, out); !read)
      return tl::make_unexpected(read.error());
  for (const auto& param : spec->params)
    if (param.required && !out.contains(param.name))
      return wrong(name, std::string(param.name) + " is needed");
  return out;
}

}  // namespace dip::cli
