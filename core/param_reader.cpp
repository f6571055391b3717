#include "core/param_reader.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "core/colour.hpp"
#include "core/object.hpp"

namespace dip {
namespace {

using nlohmann::json;

std::string plain(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", number);
  return text;
}

tl::unexpected<error> wrong(const std::string& pointer, const std::string& must) {
  return fail(errc::invalid_operation, pointer + " must be " + must, pointer);
}

result<double> parse_number(const json& value, double min, double max, const std::string& pointer) {
  const auto must = "a number from " + plain(min) + " to " + plain(max);
  if (!value.is_number()) return wrong(pointer, must);
  const auto number = value.get<double>();
  if (!(number >= min && number <= max)) return wrong(pointer, must);
  return number;
}

result<std::string> parse_choice(const json& value, const param_spec& spec, const std::string& pointer) {
  if (value.is_string() &&
      std::ranges::find(spec.choices, value.get_ref<const std::string&>()) != spec.choices.end())
    return value.get<std::string>();
  std::string list = "one of";
  for (const auto choice : spec.choices) list.append(" ").append(choice).append(",");
  list.pop_back();
  return wrong(pointer, list);
}

result<std::string> parse_colour_text(const json& value, const std::string& pointer) {
  if (value.is_string() && parse_colour(value.get_ref<const std::string&>())) return value.get<std::string>();
  return wrong(pointer, "a colour such as #ff8800, #ff880080 or white");
}

result<std::string> parse_file(const json& value, const std::string& pointer) {
  if (value.is_string() && parse_key(bucket::request_files, value.get_ref<const std::string&>()))
    return value.get<std::string>();
  return wrong(pointer, "a key in rtp-request-files");
}

template <class T>
result<param_value> as_value(result<T> parsed) {
  return std::move(parsed).map([](T&& v) { return param_value{std::move(v)}; });
}

}  // namespace

result<std::int64_t> parse_integer(const json& value, double min, double max, const std::string& pointer) {
  const auto number = parse_number(value, min, max, pointer);
  if (!number || std::floor(*number) != *number)
    return wrong(pointer, "a whole number from " + plain(min) + " to " + plain(max));
  return static_cast<std::int64_t>(*number);
}

result<std::string> parse_text(const json& value, size_t min, size_t max, const std::string& pointer) {
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() >= min && text.size() <= max && text.find('\0') == std::string::npos) return text;
  }
  return wrong(pointer, "a text of " + std::to_string(min) + " to " + std::to_string(max) + " bytes");
}

result<bool> parse_flag(const json& value, const std::string& pointer) {
  if (!value.is_boolean()) return wrong(pointer, "true or false");
  return value.get<bool>();
}

result<param_value> parse_param(const json& value, const param_spec& spec, const std::string& pointer) {
  switch (spec.kind) {
    case param_kind::integer: return as_value(parse_integer(value, spec.min, spec.max, pointer));
    case param_kind::number: return as_value(parse_number(value, spec.min, spec.max, pointer));
    case param_kind::boolean: return as_value(parse_flag(value, pointer));
    case param_kind::text:
      return as_value(
          parse_text(value, static_cast<size_t>(spec.min), static_cast<size_t>(spec.max), pointer));
    case param_kind::choice: return as_value(parse_choice(value, spec, pointer));
    case param_kind::colour: return as_value(parse_colour_text(value, pointer));
    case param_kind::file: return as_value(parse_file(value, pointer));
  }
  return fail(errc::internal, "a parameter of a kind that nobody reads");
}

}  // namespace dip
