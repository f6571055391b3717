// A result on its way into a pipe.
#pragma once

#include <string>

#include "cli/node_api.hpp"

namespace dip::cli {

// All of the file or nothing: it is fetched whole before its first byte is written.
[[nodiscard]] answer<void> pour_into_standard_output(node_api& api, const std::string& url);

}  // namespace dip::cli
