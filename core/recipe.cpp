#include "core/recipe.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/compact_json.hpp"
#include "core/config.hpp"
#include "core/field_reader.hpp"
#include "core/object.hpp"
#include "core/operation_table.hpp"
#include "core/recipe_bounds.hpp"
#include "core/strict_json.hpp"

namespace dip {
namespace {

using nlohmann::json;

using namespace recipe_bounds;

bool is_colour(std::string_view text) {
  if (text == "transparent") return true;
  if (text.size() != 4 && text.size() != 7 && text.size() != 9) return false;
  return text.front() == '#' && text.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string_view::npos;
}

std::string listed(std::span<const std::string_view> words) {
  std::string out;
  for (const auto word : words) out.append(out.empty() ? "" : ", ").append(word);
  return out;
}

std::string read_word(const json& value, const std::string& pointer) {
  if (!value.is_string()) refuse("must be text", pointer);
  return value.get<std::string>();
}

param_value read_param(const json& value, const param_spec& spec, const std::string& pointer) {
  switch (spec.kind) {
    case param_kind::integer: return read_integer(value, spec.min, spec.max, pointer);
    case param_kind::number: return read_number(value, spec.min, spec.max, pointer);
    case param_kind::boolean: return read_bool(value, pointer);
    case param_kind::text: return read_text(value, spec.min, spec.max, line_breaks::allowed, pointer);
    case param_kind::choice: {
      auto word = read_word(value, pointer);
      if (std::ranges::find(spec.choices, word) == spec.choices.end())
        refuse("must be one of " + listed(spec.choices), pointer);
      return word;
    }
    case param_kind::colour: {
      auto colour = read_word(value, pointer);
      if (!is_colour(colour)) refuse("must be #rgb, #rrggbb, #rrggbbaa or transparent", pointer);
      return colour;
    }
    case param_kind::file: {
      auto key = read_word(value, pointer);
      if (!parse_key(bucket::request_files, key)) refuse("must be a key in rtp-request-files", pointer);
      return key;
    }
  }
  return {};
}

const operation_spec& read_spec(const json& step, const std::string& pointer) {
  if (!step.is_object()) refuse("must be an object", pointer);
  const auto at = pointer_to(pointer, "op");
  const auto name = step.find("op");
  if (name == step.end()) refuse("an operation needs a name", at);
  const auto* spec = find_operation(read_word(*name, at));
  if (!spec) refuse("there is no such operation", at);
  return *spec;
}

operation read_operation(const json& step, const std::string& pointer) {
  const auto& spec = read_spec(step, pointer);
  for (const auto& [name, value] : step.items())
    if (name != "op" && std::ranges::find(spec.params, name, &param_spec::name) == spec.params.end())
      refuse(std::string{spec.name} + " has no such parameter", pointer_to(pointer, name));

  operation op{std::string{spec.name}, {}};
  for (const auto& one : spec.params) {
    const auto at = pointer_to(pointer, one.name);
    const auto value = step.find(one.name);
    if (value != step.end())
      op.params.push_back(read_param(*value, one, at));
    else if (one.required)
      refuse(std::string{spec.name} + " needs it", at);
    else
      op.params.push_back(one.fallback);
  }
  const auto given = [&](std::string_view name) { return has_param(op, name); };
  if (!spec.needs_one_of.empty() && std::ranges::none_of(spec.needs_one_of, given))
    refuse(std::string{spec.name} + " needs one of " + listed(spec.needs_one_of), pointer);
  return op;
}

std::vector<operation> read_operations(const json& list, size_t most, const std::string& pointer) {
  if (!list.is_array()) refuse("must be a list", pointer);
  if (list.size() > most)
    refuse("there are more operations than the " + std::to_string(most) + " left", pointer);
  std::vector<operation> out;
  for (size_t i = 0; i < list.size(); ++i) out.push_back(read_operation(list[i], pointer_to(pointer, i)));
  return out;
}

std::string read_output_name(const field_reader& fields) {
  auto name = fields.text("name", max_output_name);
  if (name.empty()) return std::string{default_output};
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") != std::string::npos)
    refuse("must be of a to z, 0 to 9, _ and -", fields.pointer("name"));
  return name;
}

std::optional<image_format> read_format(const field_reader& fields) {
  const auto* value = fields.find("format");
  if (!value) return std::nullopt;
  const auto* spec = find_format(read_word(*value, fields.pointer("format")));
  if (!spec || !spec->writable) refuse("is no format that can be written", fields.pointer("format"));
  return spec->format;
}

metadata_policy read_policy(const field_reader& fields) {
  const auto* value = fields.find("metadata");
  if (!value) return metadata_policy::strip;
  const auto found = std::ranges::find(policies, read_word(*value, fields.pointer("metadata")));
  if (found == policies.end()) refuse("must be one of " + listed(policies), fields.pointer("metadata"));
  return static_cast<metadata_policy>(found - policies.begin());
}

// Where the format is the input's, which is not known yet, what it does not have is left aside later.
void check_options(const output_spec& output, const field_reader& fields) {
  if (output.max_bytes && output.lossless)
    refuse("what is lossless has no quality to lower", fields.pointer("max_bytes"));
  if (!output.format) return;
  const auto& spec = spec_of(*output.format);
  const auto check = [&](bool asked, bool there, std::string_view name) {
    if (asked && !there) refuse(std::string{spec.name} + " has no such option", fields.pointer(name));
  };
  check(output.quality.has_value(), spec.has_quality, "quality");
  check(output.max_bytes.has_value(), spec.has_quality, "max_bytes");
  check(output.effort.has_value(), spec.has_effort, "effort");
  check(output.lossless, spec.has_lossless, "lossless");
  check(output.progressive, spec.has_progressive, "progressive");
}

output_spec read_output(const json& one, size_t operations_left, const std::string& pointer) {
  const field_reader fields{one,
                            pointer,
                            {"name", "format", "quality", "max_bytes", "effort", "lossless", "progressive",
                             "metadata", "operations"}};
  output_spec out;
  out.name = read_output_name(fields);
  out.format = read_format(fields);
  out.quality = fields.integer("quality", 1, max_quality);
  out.max_bytes = fields.integer("max_bytes", 1, most_bytes);
  out.effort = fields.integer("effort", 0, max_effort);
  out.lossless = fields.flag("lossless");
  out.progressive = fields.flag("progressive");
  out.metadata = read_policy(fields);
  check_options(out, fields);
  if (const auto* list = fields.find("operations"))
    out.operations = read_operations(*list, operations_left, fields.pointer("operations"));
  return out;
}

std::vector<output_spec> read_outputs(const json& list, const limits_config& limits, size_t operations_left) {
  if (!list.is_array()) refuse("must be a list", "/outputs");
  if (list.empty() || list.size() > limits.outputs)
    refuse("must be 1 to " + std::to_string(limits.outputs) + " outputs", "/outputs");
  std::vector<output_spec> out;
  std::set<std::string> names;
  for (size_t i = 0; i < list.size(); ++i) {
    const auto pointer = pointer_to("/outputs", i);
    out.push_back(read_output(list[i], operations_left, pointer));
    if (!names.insert(out.back().name).second)
      refuse("another output has this name", pointer_to(pointer, "name"));
  }
  return out;
}

recipe read_recipe(const field_reader& request, const limits_config& limits) {
  recipe what;
  if (const auto* value = request.find("preprocess")) {
    const field_reader fields{*value, "/preprocess", {"max_width", "max_height", "page"}};
    what.max_width = fields.integer("max_width", 1, max_side);
    what.max_height = fields.integer("max_height", 1, max_side);
    what.page = fields.integer("page", 0, max_page);
  }
  if (const auto* list = request.find("operations"))
    what.operations = read_operations(*list, limits.operations, "/operations");
  if (const auto* list = request.find("outputs"))
    what.outputs = read_outputs(*list, limits, limits.operations - what.operations.size());
  else
    what.outputs.emplace_back().name = default_output;
  return what;
}

// Lays the preset under the request. Its pieces are named by the request's pointers from then on.
void apply_preset(json& request, preset_lookup find, const void* context) {
  const auto name = request.find("preset");
  if (name == request.end()) return;
  const auto text = find ? find(context, read_text(*name, 1, max_preset, line_breaks::refused, "/preset"))
                         : std::optional<std::string>{};
  if (!text) refuse("there is no such preset", "/preset");
  const auto preset = parse_strict_json(*text);
  if (!preset || !preset->is_object()) refuse("the preset is no JSON object", "/preset");
  for (const auto& [key, value] : preset->items()) {
    if (key != "operations" && key != "outputs" && key != "preprocess")
      refuse("the preset has a field \"" + key + "\" that no preset can have", "/preset");
    if (!request.contains(key)) request[key] = value;
  }
}

// The text is read once more, as json keeps neither the order of the caller's keys nor how numbers are
// written.
std::string read_metadata(const field_reader& request, std::string_view text, const limits_config& limits) {
  const auto* value = request.find("metadata");
  if (!value) return {};
  if (!value->is_object()) refuse("must be an object", "/metadata");
  auto compact = compact_member(text, "metadata");
  if (compact.size() > limits.metadata)
    refuse("must be at most " + std::to_string(limits.metadata) + " bytes", "/metadata");
  return compact;
}

process_request read_request(json& root, std::string_view text, const limits_config& limits,
                             preset_lookup preset, const void* context) {
  apply_preset(root, preset, context);
  const field_reader fields{
      root, "", {"file", "preprocess", "operations", "outputs", "preset", "notify", "metadata"}};
  process_request out;
  out.file = fields.text("file", max_file);
  if (out.file.empty()) refuse("a request needs a file", "/file");
  out.what = read_recipe(fields, limits);
  out.preset = fields.text("preset", max_preset);
  if (const auto* value = fields.find("notify")) {
    const field_reader notify{*value, "/notify", {"email", "webhook", "language"}};
    out.email = notify.text("email", max_email);
    out.webhook = notify.text("webhook", max_webhook);
    out.language = notify.text("language", max_language);
  }
  out.metadata_json = read_metadata(fields, text, limits);
  return out;
}

}  // namespace

std::string_view to_string(metadata_policy policy) noexcept {
  const auto index = static_cast<size_t>(policy);
  return index < policies.size() ? policies[index] : policies[0];
}

result<process_request> parse_process_request(std::string_view text, const limits_config& limits,
                                              preset_lookup preset, const void* context) {
  if (text.size() > limits.request_json)
    return fail(errc::too_large, "a request is at most " + std::to_string(limits.request_json) + " bytes");
  auto root = parse_strict_json(text);
  if (!root) return tl::make_unexpected(root.error());
  if (!root->is_object()) return fail(errc::bad_request, "a request is a JSON object");
  try {
    return read_request(*root, text, limits, preset, context);
  } catch (const refused& wrong) {
    return tl::make_unexpected(wrong.reason);
  }
}

result<std::vector<operation>> parse_operations(const json& list, const limits_config& limits,
                                                const std::string& pointer) {
  try {
    return read_operations(list, limits.operations, pointer);
  } catch (const refused& wrong) {
    return tl::make_unexpected(wrong.reason);
  }
}

json to_json(const operation& op) {
  json out{{"op", op.op}};
  const auto* spec = find_operation(op.op);
  if (!spec) return out;
  for (const auto& one : spec->params) {
    const auto put = [&](const auto& value) {
      if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, std::monostate>)
        out[std::string{one.name}] = value;
    };
    std::visit(put, param(op, one.name));
  }
  return out;
}

json to_json(const output_spec& output) {
  json out{{"name", output.name}};
  if (output.format) out["format"] = spec_of(*output.format).name;
  if (output.quality) out["quality"] = *output.quality;
  if (output.max_bytes) out["max_bytes"] = *output.max_bytes;
  if (output.effort) out["effort"] = *output.effort;
  if (output.lossless) out["lossless"] = true;
  if (output.progressive) out["progressive"] = true;
  if (output.metadata != metadata_policy::strip) out["metadata"] = to_string(output.metadata);
  for (const auto& op : output.operations) out["operations"].push_back(to_json(op));
  return out;
}

}  // namespace dip
