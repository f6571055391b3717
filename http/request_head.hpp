// A request's head (RFC 9112, sections 2 to 6), read so strictly that no proxy can read it otherwise.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/errc.hpp"
#include "http/message.hpp"

namespace dip::http {

struct head_limits {
  size_t bytes = 32 * 1024;
  size_t target = 8 * 1024;
  size_t line = 8 * 1024;  // of a header, its CRLF included
  size_t lines = 100;
};

// What the head says about the body.
struct body_framing {
  bool has_body = false;
  std::optional<std::uint64_t> length;  // nothing when chunked
};

struct request_head {
  std::string method;
  std::string target;
  std::vector<name_value> headers;
  body_framing body;
  bool close = false;             // the connection ends with this request
  bool expects_continue = false;  // the body is sent after "100 Continue"
};

// Looks for the end of a head in what has arrived. `bytes` begins with the head, `seen` of them were looked
// at before. The size of the head with its empty line; nothing while that is not there. `bad_request` as soon
// as no more bytes could make it a head, `headers_too_large` beyond the limits.
[[nodiscard]] result<std::optional<size_t>> find_head_end(std::string_view bytes, size_t seen,
                                                          const head_limits& limits);

// `head` as `find_head_end` measured it. `bad_request` for all that is not the grammar, and for what request
// smuggling is made of: Content-Length and Transfer-Encoding, more than one of either, a coding other than
// chunked, a length that is no number, a folded line, a blank before a colon; also for HTTP/1.1 without
// exactly one Host. `http_version` for other versions. HTTP/1.0 has one request a connection: its keep-alive
// is no standard.
[[nodiscard]] result<request_head> parse_head(std::string_view head, const head_limits& limits);

}  // namespace dip::http
