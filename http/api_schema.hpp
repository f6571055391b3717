// The components of the API's description, made from the tables that requests are checked by, and the small
// words that schemas are put together with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/api_call.hpp"

namespace dip::http {

// Each adds its schemas to `to`, an object by name.
void add_recipe_schemas(api_json& to, const api_facts& facts);  // what a request holds
void add_record_schemas(api_json& to);                          // what answers hold
void add_cluster_schemas(api_json& to);
void add_operator_schemas(api_json& to);
void add_problem_schemas(api_json& to);
[[nodiscard]] std::vector<api_call> cluster_calls();
[[nodiscard]] api_json parameter_components(const api_facts& facts);
[[nodiscard]] api_json header_components();

// The answer for those of `codes` that have `status`; all of them stand in its `code`.
[[nodiscard]] api_json problem_answer(int status, const std::vector<errc>& codes);
// The name by which such an answer is referred to: "overloaded_or_draining".
[[nodiscard]] std::string problem_name(const std::vector<errc>& codes);
// All that a caller can see, in the order of `errc`.
[[nodiscard]] std::vector<errc> visible_codes();

[[nodiscard]] api_json schema_ref(std::string_view schema);
[[nodiscard]] api_json words(const std::vector<std::string_view>& list);
// {type: object} with `properties`, those in `required` among them.
[[nodiscard]] api_json object_schema(api_json properties, const std::vector<std::string_view>& required);
// Text of one line without control characters; bytes, of which a character of it may take up to four.
[[nodiscard]] api_json line_schema(size_t min_bytes, size_t max_bytes);
[[nodiscard]] api_json final_request_example();
[[nodiscard]] api_json json_content(std::string_view schema, api_json example);

// In examples, and in patterns of what they stand for.
inline constexpr std::string_view ulid_pattern = "[0-7][0-9A-HJKMNP-TV-Z]{25}";
inline constexpr std::string_view example_request = "01KAVD3Z9NFQ4T7WBYV6S2R8X0";
inline constexpr std::string_view example_key = "01KAVD3Y4C8GSM5EJ1XQ0HTN20.jpg";
inline constexpr std::string_view example_attempt = "01KAVD40HD2ZPR9M3YKW7C5B60";
inline constexpr std::string_view example_origin = "https://img.example.org";

}  // namespace dip::http
