// The first lines of an answer as they go over the wire.
#pragma once

#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "http/message.hpp"

namespace dip::http {

// With Date, X-Request-Id, and Content-Length where the status and the kind of answer have one (RFC 9110,
// section 8.6).
[[nodiscard]] std::string answer_head(const http_response& r, std::string_view request_id, bool close,
                                      wall_time now);

}  // namespace dip::http
