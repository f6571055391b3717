// Takes connections off a listening socket, on a thread of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include "core/errc.hpp"

namespace dip::http {

// start and stop belong to one thread.
class acceptor {
public:
  // Owns the descriptor that it is given; called on the acceptor's thread.
  using connection_sink = std::function<void(int descriptor)>;

  explicit acceptor(connection_sink take) : take_(std::move(take)) {}
  ~acceptor();
  acceptor(const acceptor&) = delete;
  acceptor& operator=(const acceptor&) = delete;

  // As `listen_on`.
  result<std::uint16_t> start(const std::string& host, std::uint16_t port, int backlog);
  // No connection is taken any more when it comes back.
  void stop();
  // Turns readable, and stays so, when `stop` is called; -1 before `start`. Lives as long as the acceptor.
  [[nodiscard]] int stop_event() const { return stop_event_; }

private:
  void run() const;
  [[nodiscard]] bool stopped_within(int milliseconds) const;

  connection_sink take_;
  int stop_event_ = -1;
  int listener_ = -1;
  std::thread thread_;
};

}  // namespace dip::http
