#include "http/listening_socket.hpp"

#include <cerrno>
#include <memory>
#include <system_error>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dip::http {
namespace {

std::uint16_t bound_port(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

// -1 with errno.
int open_listener(const addrinfo& at, int backlog) {
  const int descriptor =
      ::socket(at.ai_family, at.ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at.ai_protocol);
  if (descriptor < 0) return -1;
  const int on = 1, off = 0;
  // "::" takes IPv4 as well, whatever the system's default is.
  if (at.ai_family == AF_INET6) ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  // Without SO_REUSEADDR a restart would have to wait for the old connections' TIME_WAIT; a port that another
  // process listens on stays refused.
  if (::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
      ::bind(descriptor, at.ai_addr, at.ai_addrlen) == 0 && ::listen(descriptor, backlog) == 0)
    return descriptor;
  const int why = errno;
  ::close(descriptor);
  errno = why;
  return -1;
}

}  // namespace

result<listening_socket> listen_on(const std::string& host, std::uint16_t port, int backlog) {
  const auto place =
      (host.find(':') == std::string::npos ? host : '[' + host + ']') + ':' + std::to_string(port);
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
      failed != 0)
    return fail(errc::io, "cannot listen on " + place + ": " + ::gai_strerror(failed));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses{found, ::freeaddrinfo};

  int why = EADDRNOTAVAIL;
  for (const addrinfo* at = found; at; at = at->ai_next) {
    if (const int descriptor = open_listener(*at, backlog); descriptor >= 0)
      return listening_socket{descriptor, bound_port(descriptor)};
    why = errno;
  }
  if (why == EADDRINUSE)
    return fail(errc::io, "cannot listen on " + place + ": port " + std::to_string(port) + " is taken");
  return fail(errc::io, "cannot listen on " + place + ": " + std::system_category().message(why));
}

}  // namespace dip::http
