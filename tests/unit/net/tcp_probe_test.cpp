#include "net/tcp_probe.hpp"

#include <chrono>
#include <vector>

#include <arpa/inet.h>
#include <catch2/catch_test_macros.hpp>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using dip::net::tcp_probe;
using namespace std::chrono_literals;

namespace {

struct listener {
  explicit listener(int backlog = 8) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof a;
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&a), size) == 0);
    REQUIRE(::listen(fd, backlog) == 0);
    REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&a), &size) == 0);
    port = ntohs(a.sin_port);
  }
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;
  ~listener() {
    if (fd >= 0) ::close(fd);
  }
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::uint16_t port = 0;
};

tcp_probe::state finish(tcp_probe& p, std::chrono::milliseconds most = 10s) {
  const auto end = std::chrono::steady_clock::now() + most;
  while (p.poll() == tcp_probe::state::pending && std::chrono::steady_clock::now() < end)
    ::poll(nullptr, 0, 1);
  return p.poll();
}

}  // namespace

TEST_CASE("an address where something listens is reached, by number and by name") {
  const listener l;
  tcp_probe by_number{"127.0.0.1", l.port};
  CHECK(finish(by_number) == tcp_probe::state::reached);
  CHECK(by_number.address() == "127.0.0.1");
  // The name may also mean ::1, where nobody listens: then the next address is tried.
  tcp_probe by_name{"localhost", l.port};
  CHECK(finish(by_name) == tcp_probe::state::reached);
  CHECK(by_name.address() == "127.0.0.1");
}

TEST_CASE("where nobody listens the probe says so in a sentence") {
  std::uint16_t port = 0;
  {
    const listener l;
    port = l.port;
  }
  tcp_probe p{"127.0.0.1", port};
  CHECK(finish(p) == tcp_probe::state::failed);
  CHECK(p.why() == "127.0.0.1 port " + std::to_string(port) + ": Connection refused");
  tcp_probe nameless{"no-such-host.invalid", 80};
  CHECK(finish(nameless, 60s) == tcp_probe::state::failed);
  CHECK(nameless.why().starts_with("no-such-host.invalid cannot be resolved"));
}

// A full backlog swallows what comes, as a black hole does.
TEST_CASE("where nothing answers the probe stays pending, and goes away at once when it is dropped") {
  const listener l{0};
  std::vector<int> fillers;
  for (int i = 0; i < 4; ++i) {
    fillers.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    a.sin_port = htons(l.port);
    (void)::connect(fillers.back(), reinterpret_cast<sockaddr*>(&a), sizeof a);
  }
  {
    tcp_probe p{"127.0.0.1", l.port};
    CHECK(finish(p, 50ms) == tcp_probe::state::pending);
  }
  for (const int fd : fillers) ::close(fd);
  const tcp_probe unfinished{"unfinished.invalid", 1};
}
