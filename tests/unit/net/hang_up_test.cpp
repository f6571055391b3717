#include "net/hang_up.hpp"

#include <arpa/inet.h>
#include <catch2/catch_test_macros.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

struct closing {
  int fd;
  explicit closing(int f) : fd(f) { REQUIRE(fd >= 0); }
  closing(const closing&) = delete;
  closing& operator=(const closing&) = delete;
  ~closing() { ::close(fd); }
};

sockaddr_in address_of(int socket) {
  sockaddr_in a{};
  socklen_t size = sizeof a;
  REQUIRE(::getsockname(socket, reinterpret_cast<sockaddr*>(&a), &size) == 0);
  return a;
}

int listening() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(fd >= 0);
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::bind(fd, reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0);
  REQUIRE(::listen(fd, 8) == 0);
  return fd;
}

int connected_to(int listener) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto a = address_of(listener);
  REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0);
  return fd;
}

bool has_ended(int socket) {
  char byte = 0;
  return ::recv(socket, &byte, 1, MSG_DONTWAIT) == 0;
}

}  // namespace

TEST_CASE("connections to and from the ports that are named are ended, and no others") {
  const closing ours{listening()}, other{listening()};
  const auto own = ntohs(address_of(ours.fd).sin_port), foreign = ntohs(address_of(other.fd).sin_port);
  const closing to_ours{connected_to(ours.fd)}, to_other{connected_to(other.fd)};
  const closing came{::accept4(ours.fd, nullptr, nullptr, SOCK_CLOEXEC)};
  const closing unrelated{::accept4(other.fd, nullptr, nullptr, SOCK_CLOEXEC)};

  dip::net::hang_up(own, {});
  CHECK(has_ended(came.fd));
  CHECK_FALSE(has_ended(unrelated.fd));
  CHECK_FALSE(has_ended(to_other.fd));

  dip::net::hang_up(own, {foreign});
  CHECK(has_ended(to_other.fd));

  // A port itself goes on.
  const closing again{connected_to(other.fd)};
}
