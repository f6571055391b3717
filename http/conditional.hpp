// Conditional requests (RFC 9110, section 13) on a file that never changes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "http/message.hpp"

namespace dip::http {

struct validators {
  std::string etag;  // strong, with its quotes
  wall_time modified{};
};

// Whether the call is to be done at all: If-Match, and only without it If-Unmodified-Since. `false` is a 412.
[[nodiscard]] bool precondition_holds(const http_request& r, const validators& v);

// Whether 304 is the answer to a GET or HEAD: If-None-Match, and only without it If-Modified-Since.
[[nodiscard]] bool not_modified(const http_request& r, const validators& v);

// Whether Range may be obeyed: no If-Range, or one that names exactly these validators.
[[nodiscard]] bool range_applies(const http_request& r, const validators& v);

// All three forms of RFC 9110, section 5.6.7.
[[nodiscard]] std::optional<wall_time> parse_http_date(const std::string& text);

}  // namespace dip::http
