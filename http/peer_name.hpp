#pragma once

#include <cstdint>
#include <string>

#include <sys/socket.h>

namespace dip::http {

// Who is at the other end of a connection.
struct peer_name {
  std::string address;
  std::uint64_t key = 0;  // the same for all that one client can have
};

// An IPv4 address, also one that came through an IPv6 socket, counts as itself; of IPv6 the network of 64
// bits, all of which one client can have.
[[nodiscard]] peer_name name_of(const sockaddr_storage& from);

}  // namespace dip::http
