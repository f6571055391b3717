#include "net/tcp_probe.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dip::net {
namespace {

// Resolving cannot be called off: its thread ends when it ends, whoever waits for it.
struct lookup {
  const std::string host, port;
  std::atomic<bool> done{false};  // all below is set
  int code = 0;
  addrinfo* found = nullptr;

  lookup(const std::string& h, std::uint16_t p) : host(h), port(std::to_string(p)) {}
  lookup(const lookup&) = delete;
  lookup& operator=(const lookup&) = delete;
  ~lookup() {
    if (found) ::freeaddrinfo(found);
  }
  void run(int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | flags;
    code = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
    done = true;
  }
};

bool is_address(const std::string& host) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

std::string text_of(const addrinfo& a) {
  char out[NI_MAXHOST] = "";
  ::getnameinfo(a.ai_addr, a.ai_addrlen, out, sizeof out, nullptr, 0, NI_NUMERICHOST);
  return out;
}

}  // namespace

struct tcp_probe::work {
  std::shared_ptr<lookup> names;
  bool resolved = false;
  const addrinfo* next = nullptr;
  int fd = -1;
  state now = state::pending;
  std::string address, why;

  ~work() { close(); }
  void close() {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }

  void resolve() {
    if (!names->done) return;
    resolved = true;
    if (names->code != 0) {
      now = state::failed;
      why = names->host + " cannot be resolved: " + ::gai_strerror(names->code);
      return;
    }
    next = names->found;
    advance();
  }

  // The next address; the last one's words stay when there is none.
  void advance() {
    close();
    for (; next; next = next->ai_next) {
      fd = ::socket(next->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      if (fd >= 0 && (::connect(fd, next->ai_addr, next->ai_addrlen) == 0 || errno == EINPROGRESS)) return;
      note(errno);
      close();
    }
    now = state::failed;
  }
  void note(int code) { why = text_of(*next) + " port " + names->port + ": " + std::strerror(code); }

  void look() {
    pollfd p{fd, POLLOUT, 0};
    if (::poll(&p, 1, 0) == 0) return;
    int code = 0;
    socklen_t size = sizeof code;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size);
    if (code == 0) {
      now = state::reached;
      address = text_of(*next);
      close();
      return;
    }
    note(code);
    next = next->ai_next;
    advance();
  }
};

tcp_probe::tcp_probe(const std::string& host, std::uint16_t port) : work_(std::make_unique<work>()) {
  work_->names = std::make_shared<lookup>(host, port);
  if (is_address(host)) {
    // Needs no server, so it is done here and now.
    work_->names->run(AI_NUMERICHOST);
    work_->resolve();
  } else {
    std::thread{[names = work_->names] { names->run(0); }}.detach();
  }
}

tcp_probe::~tcp_probe() = default;

tcp_probe::state tcp_probe::poll() {
  if (work_->now != state::pending) return work_->now;
  if (!work_->resolved)
    work_->resolve();
  else
    work_->look();
  return work_->now;
}

const std::string& tcp_probe::address() const { return work_->address; }
const std::string& tcp_probe::why() const { return work_->why; }

}  // namespace dip::net
