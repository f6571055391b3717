// A listening TCP socket, IPv4 or IPv6.
#pragma once

#include <cstdint>
#include <string>

#include "core/errc.hpp"

namespace dip::http {

struct listening_socket {
  int descriptor = -1;     // the caller's to close; non-blocking
  std::uint16_t port = 0;  // the one that was bound
};

// `host` is an address or a name, "::" is all addresses, "0.0.0.0" all of IPv4; port 0: one that the kernel
// picks. `io` with a sentence that names host and port, in particular when the port is taken.
[[nodiscard]] result<listening_socket> listen_on(const std::string& host, std::uint16_t port, int backlog);

}  // namespace dip::http
