// The API's description as OpenAPI 3.1, made from what requests are checked by: the operation and format
// tables, the bounds of the configuration, the codes of failures.
#pragma once

#include <string>

#include "http/api_call.hpp"

namespace dip::http {

// JSON on one line; the same text for the same facts.
[[nodiscard]] std::string make_openapi(const api_facts& facts);

}  // namespace dip::http
