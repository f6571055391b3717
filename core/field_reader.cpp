#include "core/field_reader.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/strict_json.hpp"

namespace dip {
namespace {

// "8192" and "0.3", as people write them.
std::string shown(double number) { return nlohmann::json(number).dump(); }
std::string shown_whole(double number) { return std::to_string(static_cast<std::int64_t>(number)); }

bool is_control(char c, line_breaks breaks) {
  if (breaks == line_breaks::allowed && (c == '\n' || c == '\t')) return false;
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

void refuse(std::string detail, std::string pointer) {
  throw refused{{errc::invalid_operation, std::move(detail), std::move(pointer)}};
}

field_reader::field_reader(const nlohmann::json& object, std::string pointer,
                           std::initializer_list<std::string_view> known)
    : object_(object), pointer_(std::move(pointer)) {
  if (!object_.is_object()) refuse("must be an object", pointer_);
  for (const auto& [name, value] : object_.items())
    if (std::ranges::find(known, name) == known.end()) refuse("there is no such field", this->pointer(name));
}

const nlohmann::json* field_reader::find(std::string_view name) const {
  const auto found = object_.find(name);
  return found == object_.end() ? nullptr : &*found;
}

std::string field_reader::pointer(std::string_view name) const { return pointer_to(pointer_, name); }

std::optional<std::uint32_t> field_reader::integer(std::string_view name, std::uint32_t min,
                                                   std::uint32_t max) const {
  const auto* value = find(name);
  if (!value) return std::nullopt;
  return static_cast<std::uint32_t>(read_integer(*value, min, max, pointer(name)));
}

bool field_reader::flag(std::string_view name) const {
  const auto* value = find(name);
  return value && read_bool(*value, pointer(name));
}

std::string field_reader::text(std::string_view name, size_t max_bytes) const {
  const auto* value = find(name);
  if (!value) return {};
  return read_text(*value, 1, static_cast<double>(max_bytes), line_breaks::refused, pointer(name));
}

std::int64_t read_integer(const nlohmann::json& value, double min, double max, const std::string& pointer) {
  const auto wrong = [&] {
    refuse("must be an integer from " + shown_whole(min) + " to " + shown_whole(max), pointer);
  };
  if (!value.is_number()) wrong();
  // An integer too large for int64 is out of every range; as a double it cannot wrap around. And 8.0 is an
  // integer, as JSON Schema has it (2020-12 validation, section 6.1.1) and some languages write it.
  const auto number = value.get<double>();
  if (!(number >= min && number <= max) || number != std::floor(number)) wrong();
  return static_cast<std::int64_t>(number);
}

double read_number(const nlohmann::json& value, double min, double max, const std::string& pointer) {
  const auto wrong = [&] { refuse("must be a number from " + shown(min) + " to " + shown(max), pointer); };
  if (!value.is_number()) wrong();
  const auto number = value.get<double>();
  if (number < min || number > max) wrong();
  return number;
}

bool read_bool(const nlohmann::json& value, const std::string& pointer) {
  if (!value.is_boolean()) refuse("must be true or false", pointer);
  return value.get<bool>();
}

std::string read_text(const nlohmann::json& value, double min_bytes, double max_bytes, line_breaks breaks,
                      const std::string& pointer) {
  if (!value.is_string()) refuse("must be text", pointer);
  auto text = value.get<std::string>();
  const auto bytes = static_cast<double>(text.size());
  if (bytes < min_bytes || bytes > max_bytes)
    refuse("must be " + shown_whole(min_bytes) + " to " + shown_whole(max_bytes) + " bytes long", pointer);
  if (std::ranges::any_of(text, [&](char c) { return is_control(c, breaks); }))
    refuse("must not contain control characters", pointer);
  return text;
}

}  // namespace dip
