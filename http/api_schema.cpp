#include "http/api_schema.hpp"

#include <utility>

namespace dip::http {

api_json schema_ref(std::string_view schema) {
  return {{"$ref", "#/components/schemas/" + std::string{schema}}};
}

api_json words(const std::vector<std::string_view>& list) {
  auto out = api_json::array();
  for (const auto word : list) out.push_back(word);
  return out;
}

api_json object_schema(api_json properties, const std::vector<std::string_view>& required) {
  api_json out{{"type", "object"}};
  if (!required.empty()) out["required"] = words(required);
  out["properties"] = std::move(properties);
  return out;
}

api_json line_schema(size_t min_bytes, size_t max_bytes) {
  return {{"type", "string"},
          {"minLength", min_bytes},
          {"maxLength", max_bytes},
          {"pattern", R"(^[^\u0000-\u001f\u007f]*$)"},
          {"x-max-bytes", max_bytes}};
}

api_json json_content(std::string_view schema, api_json example) {
  return {{"application/json", {{"schema", schema_ref(schema)}, {"example", std::move(example)}}}};
}

}  // namespace dip::http
