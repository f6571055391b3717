#pragma once

#include <string>

#include "core/errc.hpp"

namespace dip {

// A configuration, a file of keys, a secret: all of it. `not_found` with a sentence that names the file and
// what is in the way; also for a directory.
[[nodiscard]] result<std::string> read_text_file(const std::string& path);

}  // namespace dip
