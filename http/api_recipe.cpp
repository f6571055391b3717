// What a request holds: the operation table, the format table, and the bounds of the configuration.
#include <cmath>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/object.hpp"
#include "core/operation_table.hpp"
#include "core/recipe_bounds.hpp"
#include "http/api_schema.hpp"

namespace dip::http {
namespace {

using namespace recipe_bounds;

// 8192 and 0.3, as people write them.
api_json number(double value) {
  if (value == std::floor(value)) return static_cast<std::int64_t>(value);
  return value;
}

api_json between(std::string_view type, double min, double max) {
  return {{"type", type}, {"minimum", number(min)}, {"maximum", number(max)}};
}

api_json choice(std::span<const std::string_view> choices) {
  return {{"type", "string"}, {"enum", words({choices.begin(), choices.end()})}};
}

api_json kind_schema(const param_spec& spec) {
  switch (spec.kind) {
    case param_kind::integer: return between("integer", spec.min, spec.max);
    case param_kind::number: return between("number", spec.min, spec.max);
    case param_kind::boolean: return {{"type", "boolean"}};
    case param_kind::text: {
      auto out = line_schema(static_cast<size_t>(spec.min), static_cast<size_t>(spec.max));
      out["pattern"] = R"(^[^\u0000-\u0008\u000b-\u001f\u007f]*$)";  // line breaks and tabs may stand in it
      return out;
    }
    case param_kind::choice: return choice(spec.choices);
    case param_kind::colour: return schema_ref("Colour");
    case param_kind::file: return schema_ref("FileKey");
  }
  return {};
}

api_json param_schema(const param_spec& spec) {
  auto out = kind_schema(spec);
  out["description"] = spec.doc;
  const auto put = [&](const auto& value) {
    using type = std::decay_t<decltype(value)>;
    if constexpr (std::is_same_v<type, double>)
      out["default"] = number(value);
    else if constexpr (!std::is_same_v<type, std::monostate>)
      out["default"] = value;
  };
  std::visit(put, spec.fallback);
  return out;
}

api_json operation_schema(const operation_spec& spec) {
  api_json properties{{"op", {{"type", "string"}, {"const", spec.name}}}};
  std::vector<std::string_view> required{"op"};
  for (const auto& one : spec.params) {
    properties[std::string{one.name}] = param_schema(one);
    if (one.required) required.push_back(one.name);
  }
  auto out = object_schema(std::move(properties), required);
  out["description"] = spec.doc;
  out["additionalProperties"] = false;
  if (!spec.needs_one_of.empty()) {
    auto any = api_json::array();
    for (const auto name : spec.needs_one_of) any.push_back({{"required", words({name})}});
    // Of an anyOf beside the properties some makers of clients would make a type of its own.
    out["allOf"].push_back({{"anyOf", std::move(any)}});
  }
  return out;
}

std::string schema_name(const operation_spec& spec) {
  std::string name{spec.name};
  name.front() = static_cast<char>(name.front() - 'a' + 'A');
  return name + "Operation";
}

void add_operations(api_json& to) {
  api_json all{{"description", "One step. Which fields it has follows from `op`."}};
  api_json mapping;
  for (const auto& spec : operation_table()) {
    const auto name = schema_name(spec);
    all["oneOf"].push_back(schema_ref(name));
    mapping[std::string{spec.name}] = schema_ref(name)["$ref"];
  }
  all["discriminator"] = {{"propertyName", "op"}, {"mapping", std::move(mapping)}};
  to["Operation"] = std::move(all);
  for (const auto& spec : operation_table()) to[schema_name(spec)] = operation_schema(spec);
}

// What a format does not have must not be asked of it.
api_json format_rule(const format_spec& spec) {
  api_json refused = api_json::array();
  const auto refuse = [&](bool there, std::string_view name) {
    if (!there) refused.push_back({{"required", words({name})}});
  };
  const auto refuse_true = [&](bool there, std::string_view name) {
    if (!there) refused.push_back({{"required", words({name})}, {"properties", {{name, {{"const", true}}}}}});
  };
  refuse(spec.has_quality, "quality");
  refuse(spec.has_quality, "max_bytes");
  refuse(spec.has_effort, "effort");
  refuse_true(spec.has_lossless, "lossless");
  refuse_true(spec.has_progressive, "progressive");
  if (refused.empty()) return {};
  return {{"if", {{"required", words({"format"})}, {"properties", {{"format", {{"const", spec.name}}}}}}},
          {"then", {{"not", {{"anyOf", std::move(refused)}}}}}};
}

std::string default_qualities() {
  std::string out;
  for (const auto& spec : format_table())
    if (spec.writable && spec.has_quality)
      out += (out.empty() ? "" : ", ") + std::string{spec.name} + " " + std::to_string(spec.quality);
  return out;
}

api_json output_schema(const api_facts& facts) {
  std::vector<std::string_view> written;
  auto rules = api_json::array();
  for (const auto& spec : format_table()) {
    if (!spec.writable || !facts.formats.can_write(spec.format)) continue;
    written.push_back(spec.name);
    if (auto rule = format_rule(spec); !rule.is_null()) rules.push_back(std::move(rule));
  }
  rules.push_back({{"not",
                    {{"required", words({"max_bytes", "lossless"})},
                     {"properties", {{"lossless", {{"const", true}}}}}}}});
  auto name = line_schema(1, max_output_name);
  name["pattern"] = "^[a-z0-9_-]+$";
  name["default"] = default_output;
  name["description"] = "unique among the outputs; its key ends in it";
  const auto with = [](api_json schema, std::string_view description) {
    schema["description"] = description;
    return schema;
  };
  api_json properties{
      {"name", std::move(name)},
      {"format",
       with(choice(written), "left out: the input's, or what can carry it where that is not written")},
      {"quality", with(between("integer", 1, max_quality), "left out: " + default_qualities())},
      {"max_bytes",
       with(between("integer", 1, most_bytes), "quality is lowered until the file is no larger")},
      {"effort", with(between("integer", 0, max_effort), "how long it may take to make the file smaller")},
      {"lossless", {{"type", "boolean"}, {"default", false}}},
      {"progressive", {{"type", "boolean"}, {"default", false}}},
      {"metadata", with(choice(policies), "what becomes of EXIF, XMP, IPTC and the colour profile")},
      {"operations",
       {{"type", "array"},
        {"maxItems", facts.conf.limits.operations},
        {"items", schema_ref("Operation")},
        {"description", "after the request's own; they count together"}}}};
  properties["metadata"]["default"] = policies.front();
  auto out = object_schema(std::move(properties), {});
  out["additionalProperties"] = false;
  out["allOf"] = std::move(rules);
  return out;
}

api_json preset_schema(const api_facts& facts) {
  auto out = line_schema(1, max_preset);
  out["description"] = "a preset of cluster.conf, laid under what the request says";
  std::vector<std::string_view> names;
  for (const auto& [name, text] : facts.conf.presets) names.push_back(name);
  if (!names.empty()) out["enum"] = words(names);
  return out;
}

api_json notify_schema() {
  auto email = line_schema(1, max_email);
  email["format"] = "email";
  email["description"] = "who is told of the end";
  auto webhook = line_schema(1, max_webhook);
  webhook["format"] = "uri";
  webhook["description"] =
      "who is called with the end, signed as Standard Webhooks says; where `security.webhook_secret_file` is "
      "set";
  auto language = line_schema(1, max_language);
  language["description"] = "of the mail, one that there are templates in: en, de; left out: smtp.language";
  auto out = object_schema(
      {{"email", std::move(email)}, {"webhook", std::move(webhook)}, {"language", std::move(language)}}, {});
  out["additionalProperties"] = false;
  return out;
}

api_json preprocess_schema() {
  const auto side = between("integer", 1, max_side);
  auto page = between("integer", 0, max_page);
  page["description"] =
      "counted from 0: of a document, or of a TIFF; of an animation this frame alone, as a still image";
  auto out = object_schema({{"max_width", side}, {"max_height", side}, {"page", std::move(page)}}, {});
  out["additionalProperties"] = false;
  out["description"] = "which page, and bounds on the file between the two stages; smaller is faster";
  return out;
}

// In a form the file is the other part.
api_json request_schema(const api_facts& facts, bool in_form) {
  const auto& limits = facts.conf.limits;
  api_json properties = api_json::object();
  if (!in_form) {
    properties["file"] = line_schema(1, max_file);
    properties["file"]["description"] =
        "an upload: its key, or its URL at this service; a URL elsewhere is `forbidden`";
  }
  properties["preprocess"] = schema_ref("Preprocess");
  properties["operations"] = {{"type", "array"},
                              {"maxItems", limits.operations},
                              {"items", schema_ref("Operation")},
                              {"description", "in this order, before each output's own"}};
  properties["outputs"] = {{"type", "array"},
                           {"minItems", 1},
                           {"maxItems", limits.outputs},
                           {"items", schema_ref("Output")},
                           {"description", "left out: one, named result, in the input's format"}};
  properties["preset"] = preset_schema(facts);
  properties["notify"] = schema_ref("Notify");
  properties["metadata"] = {{"type", "object"},
                            {"additionalProperties", true},
                            {"x-max-bytes", limits.metadata},
                            {"description", "the caller's own, given back as it came; at most " +
                                                std::to_string(limits.metadata) + " bytes as compact JSON"}};
  auto out = object_schema(std::move(properties), {});
  if (!in_form) out["required"] = words({"file"});
  out["additionalProperties"] = false;
  out["description"] = "at most " + std::to_string(limits.request_json) + " bytes of JSON";
  out["x-max-bytes"] = limits.request_json;
  return out;
}

}  // namespace

void add_recipe_schemas(api_json& to, const api_facts& facts) {
  to["ProcessRequest"] = request_schema(facts, false);
  to["FormRequest"] = request_schema(facts, true);
  to["Preprocess"] = preprocess_schema();
  to["Output"] = output_schema(facts);
  to["Notify"] = notify_schema();
  add_operations(to);
  to["Colour"] = {{"type", "string"},
                  {"pattern", "^(#[0-9a-fA-F]{3}|#[0-9a-fA-F]{6}|#[0-9a-fA-F]{8}|transparent)$"},
                  {"description", "#rgb, #rrggbb, #rrggbbaa or transparent"}};
  to["FileKey"] = {{"type", "string"},
                   {"pattern", "^" + std::string{ulid_pattern} + R"((/[a-z0-9_-]{1,64})?\.[a-z0-9]{1,5}$)"},
                   {"description", "the key of a file in " + std::string{to_string(bucket::request_files)}}};
}

}  // namespace dip::http
