#include "http/acceptor.hpp"

#include <cerrno>
#include <exception>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/listening_socket.hpp"

namespace dip::http {

result<std::uint16_t> acceptor::start(const std::string& host, std::uint16_t port, int backlog) {
  stop_event_ = ::eventfd(0, EFD_CLOEXEC);
  if (stop_event_ < 0) return fail(errc::io, "no descriptor is left for the HTTP server");
  const auto socket = listen_on(host, port, backlog);
  if (!socket) {
    ::close(std::exchange(stop_event_, -1));
    return tl::make_unexpected(socket.error());
  }
  listener_ = socket->descriptor;
  thread_ = std::thread{[this] { run(); }};
  return socket->port;
}

void acceptor::stop() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  if (::write(stop_event_, &one, sizeof one) != sizeof one) std::terminate();  // a fresh counter takes a one
  thread_.join();
  ::close(std::exchange(listener_, -1));
}

acceptor::~acceptor() {
  stop();
  if (stop_event_ >= 0) ::close(stop_event_);
}

bool acceptor::stopped_within(int milliseconds) const {
  pollfd stop{stop_event_, POLLIN, 0};
  return ::poll(&stop, 1, milliseconds) > 0;
}

void acceptor::run() const {
  pollfd watched[] = {{listener_, POLLIN, 0}, {stop_event_, POLLIN, 0}};
  for (;;) {
    if (::poll(watched, 2, -1) < 0 && errno != EINTR) std::terminate();  // only of arguments that cannot be
    if (watched[1].revents != 0) return;
    if (watched[0].revents == 0) continue;
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor >= 0)
      take_(descriptor);
    else if (errno != EINTR && errno != ECONNABORTED && stopped_within(50))
      return;  // otherwise no descriptors or no memory are left: the connection waits in the backlog
  }
}

}  // namespace dip::http
