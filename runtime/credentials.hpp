#pragma once

#include <string>

#include "core/config.hpp"
#include "core/errc.hpp"
#include "http/doors.hpp"

namespace dip {

// What security.api_keys_file and security.admin_token_file hold now. The sentence names the file, and the
// line.
[[nodiscard]] result<http::credentials> read_credentials(const security_config& c);

// A new API key: 256 bits of the kernel's, in letters that need no quoting.
[[nodiscard]] std::string make_api_key();

}  // namespace dip
