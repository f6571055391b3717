#include "net/hang_up.hpp"

#include <charconv>
#include <filesystem>
#include <string>
#include <system_error>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dip::net {
namespace {

using name_of = int (*)(int, sockaddr*, socklen_t*);

// 0: it has none.
std::uint16_t port(int socket, name_of name) {
  sockaddr_storage found{};
  socklen_t size = sizeof found;
  if (name(socket, reinterpret_cast<sockaddr*>(&found), &size) != 0) return 0;
  if (found.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&found)->sin_port);
  if (found.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&found)->sin6_port);
  return 0;
}

bool is_being_made(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  return ::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_state == TCP_SYN_SENT;
}

void hang_up_one(int socket, std::uint16_t own, const std::set<std::uint16_t>& others) {
  const auto peer = port(socket, ::getpeername);
  const bool ours =
      peer != 0 ? port(socket, ::getsockname) == own || others.contains(peer) : is_being_made(socket);
  if (ours) ::shutdown(socket, SHUT_RDWR);
}

}  // namespace

void hang_up(std::uint16_t own, const std::set<std::uint16_t>& others) {
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/self/fd", none}) {
    const auto text = entry.path().filename().string();
    int fd = -1;
    std::from_chars(text.data(), text.data() + text.size(), fd);
    // One of our own: the number may be another file's by the next line.
    const int held = fd < 0 ? -1 : ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (held < 0) continue;
    hang_up_one(held, own, others);
    ::close(held);
  }
}

}  // namespace dip::net
