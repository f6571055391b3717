// What --op says, as the JSON of a request's operation.
#pragma once

#include <span>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "core/errc.hpp"
#include "core/operation_table.hpp"

namespace dip::cli {

// "flip", "resize:width=800,fit=cover", "text:text=\"Hello, you\",size=40". A parameter's type is the
// table's; a value in double quotes may have commas and colons in it, \" and \\ stand for " and \. A boolean
// may stand alone: "enlarge". Errors: `invalid_operation` with a sentence that names the operation and the
// parameter.
[[nodiscard]] result<nlohmann::json> parse_op(std::string_view text, std::span<const operation_spec> table);

}  // namespace dip::cli
