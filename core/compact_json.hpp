// JSON as it was written, without the spaces: numbers keep their digits, however many, and keys their order.
#pragma once

#include <string>
#include <string_view>

namespace dip {

// The value of `name` in the object `text`, which `parse_strict_json` has taken; empty when it is not there.
[[nodiscard]] std::string compact_member(std::string_view text, std::string_view name);

}  // namespace dip
