// Failures as application/problem+json (RFC 9457), and the one place where a failure becomes a status.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/errc.hpp"
#include "http/message.hpp"

namespace dip::http {

[[nodiscard]] int status_of(errc code) noexcept;

// What is our own fault is told as `internal` without its detail, which goes to `fault`. 429 and 503 carry
// Retry-After.
[[nodiscard]] http_response make_problem(const error& e, std::string_view request_id);

// In an answer that carries it: another number of seconds.
void set_retry_after(http_response& r, std::int64_t seconds);

}  // namespace dip::http
