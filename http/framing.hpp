// What a request's head says about its body (RFC 9112, section 6), read so strictly that no proxy can read it
// otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/errc.hpp"
#include "http/message.hpp"

namespace dip::http {

struct body_framing {
  bool has_body = false;
  std::optional<std::uint64_t> length;  // nothing when chunked
};

// `bad_request` for what request smuggling is made of: Content-Length and Transfer-Encoding, more than one of
// either, a coding other than chunked, a length that is no number; and for HTTP/1.1 without exactly one Host.
[[nodiscard]] result<body_framing> parse_framing(const http_request& r, std::string_view version);

// Whether the connection ends with this request: it says so, or it is HTTP/1.0, whose keep-alive is no
// standard.
[[nodiscard]] bool wants_close(const http_request& r, std::string_view version);

}  // namespace dip::http
