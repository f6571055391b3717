#include "http/peer_name.hpp"

#include <algorithm>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace dip::http {

peer_name name_of(const sockaddr_storage& from) {
  char text[INET6_ADDRSTRLEN] = "";
  peer_name out;
  in_addr v4{};
  if (from.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
      std::copy_n(v6.s6_addr + 12, 4, reinterpret_cast<unsigned char*>(&v4));
    } else {
      ::inet_ntop(AF_INET6, &v6, text, sizeof text);
      for (int i = 0; i < 8; ++i) out.key = out.key << 8 | v6.s6_addr[i];
      out.address = text;
      return out;
    }
  } else {
    v4 = reinterpret_cast<const sockaddr_in&>(from).sin_addr;
  }
  ::inet_ntop(AF_INET, &v4, text, sizeof text);
  out.key = ntohl(v4.s_addr);
  out.address = text;
  return out;
}

}  // namespace dip::http
