// JSON as strangers send it: read strictly.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/errc.hpp"

namespace dip {

// How deep arrays and objects may be in each other.
inline constexpr int max_json_depth = 32;

// Errors: `bad_request` when `text` is not JSON in UTF-8, too deep, or has a key twice in one object.
[[nodiscard]] result<nlohmann::json> parse_json_strictly(std::string_view text);

// `key` as a step of a JSON pointer (RFC 6901, section 3), with the slash before it.
[[nodiscard]] std::string pointer_step(std::string_view key);

}  // namespace dip
