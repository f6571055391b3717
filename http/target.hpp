// The request target (RFC 9112, section 3.2) taken apart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/errc.hpp"
#include "http/message.hpp"

namespace dip::http {

struct request_target {
  std::string path;                   // as sent
  std::vector<std::string> segments;  // "/a/b%20c" is {"a", "b c"}; "/" is {}
  std::vector<name_value> query;      // "+" is a space
};

// Accepts origin-form, absolute-form and "*". `bad_request` for anything else, a broken percent-encoding, or
// a control character, encoded or not.
[[nodiscard]] result<request_target> parse_target(std::string_view target);

[[nodiscard]] result<std::string> percent_decode(std::string_view text, bool plus_is_space);

}  // namespace dip::http
