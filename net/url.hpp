// URLs as the HTTP client will understand them: read by the same reader, so that what is checked is what is
// called.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/errc.hpp"

namespace dip::net {

struct url_parts {
  std::string scheme;  // "http" or "https"
  std::string host;  // in lower case; an IPv6 address without its brackets; odd spellings of IPv4 made plain
  std::uint16_t port = 0;
  bool has_user = false;  // "user@" or "user:password@" stands in it

  // "https://example.org:8443": two URLs with the same one lead to the same server.
  [[nodiscard]] std::string origin() const;
};

// Errors: `bad_request` with a sentence: no URL, another scheme, no host, port 0.
[[nodiscard]] result<url_parts> parse_url(std::string_view text);

}  // namespace dip::net
