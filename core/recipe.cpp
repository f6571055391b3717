#include "core/recipe.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <nlohmann/json.hpp>

#include "core/config.hpp"
#include "core/json_text.hpp"
#include "core/object.hpp"
#include "core/operation_table.hpp"
#include "core/param_reader.hpp"

namespace dip {
namespace {

using nlohmann::json;
using names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 7> request_fields{"file",   "preprocess", "operations", "outputs",
                                                         "preset", "notify",     "metadata"};
constexpr std::array<std::string_view, 3> preset_fields{"preprocess", "operations", "outputs"};
constexpr std::array<std::string_view, 2> preprocess_fields{"max_width", "max_height"};
constexpr std::array<std::string_view, 2> notify_fields{"email", "webhook"};
constexpr std::array<std::string_view, 7> output_fields{"name",     "format",      "quality",   "effort",
                                                        "lossless", "progressive", "operations"};
constexpr double max_side = 65535;
constexpr size_t max_url = 2048;
constexpr size_t max_email = 254;  // RFC 5321, section 4.5.3.1.3, less the angle brackets

tl::unexpected<error> wrong(std::string detail, const std::string& pointer) {
  return fail(errc::invalid_operation, std::move(detail), pointer);
}

result<void> check_fields(const json& object, names known, const std::string& pointer) {
  if (!object.is_object())
    return wrong((pointer.empty() ? "the request" : pointer) + " must be an object", pointer);
  for (const auto& [key, value] : object.items())
    if (std::ranges::find(known, key) == known.end())
      return wrong("there is no field " + pointer + pointer_step(key), pointer + pointer_step(key));
  return {};
}

// Calls `read(value, pointer)` when the field is there, and gives on its error.
template <class F>
result<void> read_field(const json& object, const char* name, const std::string& pointer, F&& read) {
  const auto it = object.find(name);
  if (it == object.end()) return {};
  return std::forward<F>(read)(*it, pointer + '/' + name);
}

// A reader for `read_field` that puts what `parse` gives into `to`.
template <class T, class F>
auto into(T& to, F parse) {
  return [&to, parse](const json& value, const std::string& pointer) -> result<void> {
    auto parsed = parse(value, pointer);
    if (!parsed) return tl::make_unexpected(std::move(parsed.error()));
    to = static_cast<T>(*std::move(parsed));
    return {};
  };
}

auto whole(double min, double max) {
  return [=](const json& value, const std::string& pointer) {
    return parse_integer(value, min, max, pointer).map([](std::int64_t v) {
      return static_cast<std::uint32_t>(v);
    });
  };
}

auto text_of(size_t min, size_t max) {
  return [=](const json& value, const std::string& pointer) { return parse_text(value, min, max, pointer); };
}

// Left to right, the first error wins.
template <class... Fs>
result<void> in_turn(Fs&&... steps) {
  result<void> done;
  (void)(... && (done = steps()).has_value());
  return done;
}

result<operation> parse_operation(const json& value, const std::string& pointer) {
  if (!value.is_object()) return wrong(pointer + " must be an object", pointer);
  const auto name = value.find("op");
  if (name == value.end() || !name->is_string())
    return wrong(pointer + "/op must name an operation", pointer + "/op");
  const auto* spec = find_operation(name->get_ref<const std::string&>());
  if (spec == nullptr) return wrong("there is no operation of this name", pointer + "/op");

  for (const auto& [key, ignored] : value.items())
    if (key != "op" && std::ranges::find(spec->params, key, &param_spec::name) == spec->params.end())
      return wrong(std::string{spec->name} + " has no parameter of this name", pointer + pointer_step(key));

  operation op{std::string{spec->name}, {}};
  for (const auto& each : spec->params) {
    const auto at = pointer + '/' + std::string{each.name};
    const auto given = value.find(std::string{each.name});
    if (given == value.end()) {
      if (each.required) return wrong(at + " is needed", at);
      op.params.push_back(each.fallback);
      continue;
    }
    auto parsed = parse_param(*given, each, at);
    if (!parsed) return tl::make_unexpected(std::move(parsed.error()));
    op.params.push_back(*std::move(parsed));
  }
  if (spec->check != nullptr)
    if (const auto sentence = spec->check(op); !sentence.empty())
      return wrong(std::string{sentence}, pointer);
  return op;
}

result<image_format> parse_format(const json& value, const std::string& pointer) {
  const auto* spec = value.is_string() ? find_format(value.get_ref<const std::string&>()) : nullptr;
  if (spec != nullptr && spec->writable) return spec->format;
  std::string list = pointer + " must be one of";
  for (const auto& each : format_table())
    if (each.writable) list.append(" ").append(each.name).append(",");
  list.pop_back();
  return wrong(std::move(list), pointer);
}

result<std::string> parse_name(const json& value, const std::string& pointer) {
  if (value.is_string() && is_output_name(value.get_ref<const std::string&>()))
    return value.get<std::string>();
  return wrong(pointer + " must be 1 to 64 of a-z, 0-9, _ and -", pointer);
}

std::string default_name(size_t index) {
  return index == 0 ? "output" : "output-" + std::to_string(index + 1);
}

result<output_spec> parse_output(const json& value, const limits_config& limits, size_t index,
                                 const std::string& pointer) {
  output_spec out;
  out.name = default_name(index);
  const auto operations = [&](const json& list, const std::string& at) {
    return parse_operations(list, limits, at);
  };
  auto done =
      in_turn([&] { return check_fields(value, output_fields, pointer); },
              [&] { return read_field(value, "name", pointer, into(out.name, parse_name)); },
              [&] { return read_field(value, "format", pointer, into(out.format, parse_format)); },
              [&] { return read_field(value, "quality", pointer, into(out.quality, whole(1, 100))); },
              [&] { return read_field(value, "effort", pointer, into(out.effort, whole(0, 10))); },
              [&] { return read_field(value, "lossless", pointer, into(out.lossless, parse_flag)); },
              [&] { return read_field(value, "progressive", pointer, into(out.progressive, parse_flag)); },
              [&] { return read_field(value, "operations", pointer, into(out.operations, operations)); },
              [&] { return out.format ? check_settings(out, *out.format, pointer) : result<void>{}; });
  if (!done) return tl::make_unexpected(std::move(done.error()));
  return out;
}

result<std::vector<output_spec>> parse_outputs(const json& list, const limits_config& limits,
                                               const std::string& pointer) {
  if (!list.is_array() || list.empty() || list.size() > limits.outputs)
    return wrong(pointer + " must be a list of 1 to " + std::to_string(limits.outputs) + " outputs", pointer);
  std::vector<output_spec> out;
  std::set<std::string> taken;
  for (const auto& each : list) {
    const auto at = pointer + '/' + std::to_string(out.size());
    auto parsed = parse_output(each, limits, out.size(), at);
    if (!parsed) return tl::make_unexpected(std::move(parsed.error()));
    if (!taken.insert(parsed->name).second) return wrong("two outputs have this name", at + "/name");
    out.push_back(*std::move(parsed));
  }
  return out;
}

result<void> parse_preprocess(const json& value, const std::string& pointer, recipe& out) {
  out.max_width.reset();  // a preset's bound of the other side does not stay
  out.max_height.reset();
  return in_turn(
      [&] { return check_fields(value, preprocess_fields, pointer); },
      [&] { return read_field(value, "max_width", pointer, into(out.max_width, whole(1, max_side))); },
      [&] { return read_field(value, "max_height", pointer, into(out.max_height, whole(1, max_side))); });
}

result<void> parse_recipe(const json& value, const limits_config& limits, recipe& out) {
  const auto preprocess = [&](const json& v, const std::string& at) { return parse_preprocess(v, at, out); };
  const auto operations = [&](const json& v, const std::string& at) {
    return parse_operations(v, limits, at);
  };
  const auto outputs = [&](const json& v, const std::string& at) { return parse_outputs(v, limits, at); };
  return in_turn([&] { return read_field(value, "preprocess", "", preprocess); },
                 [&] { return read_field(value, "operations", "", into(out.operations, operations)); },
                 [&] { return read_field(value, "outputs", "", into(out.outputs, outputs)); });
}

// An error in the preset is told at /preset: the request has no field of that place.
result<void> apply_preset(const process_request& request, const limits_config& limits, preset_lookup lookup,
                          const void* context, recipe& out) {
  const auto text = lookup == nullptr ? std::nullopt : lookup(context, request.preset);
  if (!text) return wrong("there is no preset of this name", "/preset");
  const auto blame = [](const error& e) { return wrong("the preset: " + e.detail, "/preset"); };
  const auto parsed = parse_json_strictly(*text);
  if (!parsed) return blame(parsed.error());
  const auto done = in_turn([&] { return check_fields(*parsed, preset_fields, ""); },
                            [&] { return parse_recipe(*parsed, limits, out); });
  if (!done) return blame(done.error());
  return {};
}

result<void> parse_notify(const json& value, const std::string& pointer, process_request& out) {
  return in_turn(
      [&] { return check_fields(value, notify_fields, pointer); },
      [&] { return read_field(value, "email", pointer, into(out.email, text_of(1, max_email))); },
      [&] { return read_field(value, "webhook", pointer, into(out.webhook, text_of(1, max_url))); });
}

result<std::string> parse_metadata(const json& value, const limits_config& limits,
                                   const std::string& pointer) {
  if (!value.is_object()) return wrong(pointer + " must be an object", pointer);
  auto text = value.dump();
  if (text.size() > limits.metadata)
    return wrong(pointer + " is over " + std::to_string(limits.metadata) + " bytes", pointer);
  return text;
}

result<void> check_chain_lengths(const recipe& what, const limits_config& limits) {
  for (size_t i = 0; i < what.outputs.size(); ++i)
    if (what.operations.size() + what.outputs[i].operations.size() > limits.operations)
      return wrong(
          "with the request's own these are over " + std::to_string(limits.operations) + " operations",
          "/outputs/" + std::to_string(i) + "/operations");
  return {};
}

json value_of(const param_value& value) {
  return std::visit(
      [](const auto& v) -> json {
        if constexpr (std::is_same_v<std::decay_t<decltype(v)>, std::monostate>)
          return nullptr;
        else
          return v;
      },
      value);
}

}  // namespace

result<process_request> parse_process_request(std::string_view text, const limits_config& limits,
                                              preset_lookup preset, const void* context) {
  if (text.size() > limits.request_json)
    return fail(errc::too_large,
                "the request is over " + std::to_string(limits.request_json) + " bytes of JSON");
  auto parsed = parse_json_strictly(text);
  if (!parsed) return tl::make_unexpected(std::move(parsed.error()));
  const auto& body = *parsed;
  if (!body.is_object()) return fail(errc::bad_request, "the request must be a JSON object");

  process_request out;
  const auto notify = [&](const json& v, const std::string& at) { return parse_notify(v, at, out); };
  const auto metadata = [&](const json& v, const std::string& at) { return parse_metadata(v, limits, at); };
  auto done = in_turn(
      [&] { return check_fields(body, request_fields, ""); },
      [&] {
        return body.contains("file") ? result<void>{} : result<void>{wrong("/file is needed", "/file")};
      },
      [&] { return read_field(body, "file", "", into(out.file, text_of(1, max_url))); },
      [&] { return read_field(body, "preset", "", into(out.preset, text_of(1, 64))); },
      [&] {
        return out.preset.empty() ? result<void>{} : apply_preset(out, limits, preset, context, out.what);
      },
      [&] { return parse_recipe(body, limits, out.what); },
      [&] { return read_field(body, "notify", "", notify); },
      [&] { return read_field(body, "metadata", "", into(out.metadata_json, metadata)); },
      [&] { return check_chain_lengths(out.what, limits); });
  if (!done) return tl::make_unexpected(std::move(done.error()));
  if (out.what.outputs.empty()) out.what.outputs.emplace_back().name = default_name(0);
  return out;
}

result<std::vector<operation>> parse_operations(const json& list, const limits_config& limits,
                                                const std::string& pointer) {
  if (!list.is_array() || list.size() > limits.operations)
    return wrong(pointer + " must be a list of at most " + std::to_string(limits.operations) + " operations",
                 pointer);
  std::vector<operation> out;
  for (const auto& each : list) {
    auto parsed = parse_operation(each, pointer + '/' + std::to_string(out.size()));
    if (!parsed) return tl::make_unexpected(std::move(parsed.error()));
    out.push_back(*std::move(parsed));
  }
  return out;
}

result<void> check_settings(const output_spec& output, image_format format, const std::string& pointer) {
  const auto& spec = spec_of(format);
  const auto missing = [&](const char* field) {
    return wrong(std::string{spec.name} + " has no " + field, pointer + '/' + field);
  };
  if (output.quality && !spec.has_quality) return missing("quality");
  if (output.lossless && !spec.has_lossless) return missing("lossless");
  if (output.progressive && !spec.has_progressive) return missing("progressive");
  if (output.effort && !spec.has_effort) return missing("effort");
  if (output.effort && (*output.effort < spec.min_effort || *output.effort > spec.max_effort))
    return wrong("the effort of " + std::string{spec.name} + " is " + std::to_string(spec.min_effort) +
                     " to " + std::to_string(spec.max_effort),
                 pointer + "/effort");
  return {};
}

json to_json(const operation& op) {
  json out{{"op", op.op}};
  const auto* spec = find_operation(op.op);
  for (size_t i = 0; spec != nullptr && i < spec->params.size() && i < op.params.size(); ++i)
    if (!std::holds_alternative<std::monostate>(op.params[i]))
      out[std::string{spec->params[i].name}] = value_of(op.params[i]);
  return out;
}

json to_json(const output_spec& output) {
  json out{{"name", output.name}};
  if (output.format) out["format"] = spec_of(*output.format).name;
  if (output.quality) out["quality"] = *output.quality;
  if (output.effort) out["effort"] = *output.effort;
  if (output.lossless) out["lossless"] = true;
  if (output.progressive) out["progressive"] = true;
  for (const auto& op : output.operations) out["operations"].push_back(to_json(op));
  return out;
}

}  // namespace dip
