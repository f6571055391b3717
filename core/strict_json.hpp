// JSON as strangers send it: one value, no key twice in an object, no deeper than a bound.
#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "core/errc.hpp"

namespace dip {

// Of objects and lists in one another; what our requests need is 5.
inline constexpr int max_json_depth = 16;

// Error: `bad_request`, with a sentence that says what is wrong. Text that is not UTF-8 is refused as well.
[[nodiscard]] result<nlohmann::json> parse_strict_json(std::string_view text);

// `pointer` with one more step (RFC 6901, section 3).
[[nodiscard]] std::string pointer_to(const std::string& pointer, std::string_view key);
[[nodiscard]] std::string pointer_to(const std::string& pointer, size_t index);

}  // namespace dip
