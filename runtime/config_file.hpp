// cluster.conf as the program finds it.
#pragma once

#include <string>

#include "core/config.hpp"

namespace dip {

// The file, or `default_config` where `file` is empty, with what the environment overrides. An error is one
// line that names the place.
[[nodiscard]] result<config> read_config(const std::string& file);

}  // namespace dip
