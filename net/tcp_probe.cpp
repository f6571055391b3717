#include "net/tcp_probe.hpp"

#include <cerrno>
#include <cstring>
#include <thread>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dip::net {
namespace {

// What the C library works on. It cannot always be called back: then a thread waits for it to let go.
struct lookup {
  std::string host, port;
  addrinfo hints{};
  gaicb request{};
  gaicb* list[1] = {&request};

  lookup(const std::string& h, std::uint16_t p) : host(h), port(std::to_string(p)) {
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    request.ar_name = host.c_str();
    request.ar_service = port.c_str();
    request.ar_request = &hints;
  }
  lookup(const lookup&) = delete;
  lookup& operator=(const lookup&) = delete;
  ~lookup() {
    if (request.ar_result) ::freeaddrinfo(request.ar_result);
  }

  static void drop(std::unique_ptr<lookup> l) {
    if (::gai_error(&l->request) != EAI_INPROGRESS || ::gai_cancel(&l->request) == EAI_CANCELED) return;
    std::thread{[l = std::move(l)] {
      while (::gai_error(&l->request) == EAI_INPROGRESS) ::gai_suspend(l->list, 1, nullptr);
    }}.detach();
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
  std::unique_ptr<lookup> names;
  bool resolved = false;
  const addrinfo* next = nullptr;
  int fd = -1;
  state now = state::pending;
  std::string address, why;

  ~work() {
    close();
    if (!resolved) lookup::drop(std::move(names));
  }
  void close() {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }

  void resolve() {
    const int code = ::gai_error(&names->request);
    if (code == EAI_INPROGRESS) return;
    resolved = true;
    if (code != 0) {
      now = state::failed;
      why = names->host + " cannot be resolved: " + ::gai_strerror(code);
      return;
    }
    next = names->request.ar_result;
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
  work_->names = std::make_unique<lookup>(host, port);
  auto& names = *work_->names;
  int code = 0;
  if (is_address(host)) {
    // Needs no server, so it is done here and now.
    names.hints.ai_flags |= AI_NUMERICHOST;
    code = ::getaddrinfo(names.request.ar_name, names.request.ar_service, &names.hints,
                         &names.request.ar_result);
    work_->resolved = true;
    work_->next = names.request.ar_result;
    if (code == 0) work_->advance();
  } else {
    code = ::getaddrinfo_a(GAI_NOWAIT, names.list, 1, nullptr);
    work_->resolved = code != 0;
  }
  if (code != 0) {
    work_->now = state::failed;
    work_->why = host + " cannot be resolved: " + ::gai_strerror(code);
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
