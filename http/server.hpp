// The HTTP server: connections on one side, a router on the other.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/clock.hpp"
#include "core/errc.hpp"
#include "http/router.hpp"

namespace dip::http {

// One answered request; what a line of the access log says.
struct access_entry {
  wall_time at{};  // when its first byte was there
  std::string method;
  std::string path;  // as sent, without the query; both empty when the request's first line could not be read
  int status = 0;
  std::uint64_t received = 0;  // bytes, heads included
  std::uint64_t sent = 0;
  std::chrono::microseconds duration{};
  std::string peer;
  std::string request_id;
  std::string fault;      // what the caller was not told: of a 500, or why the answer is not complete
  bool complete = false;  // the whole answer was handed to the kernel
};

// May be called from any handler thread, several at once; must not throw.
using access_log = std::function<void(const access_entry&)>;

struct server_options {
  std::size_t threads = 256;   // handlers; each holds one connection as long as it is open
  std::size_t waiting = 1024;  // connections that wait for a handler; more are closed
  int backlog = 1024;
  milliseconds first_request{10'000};  // a new connection's time until its first byte
  milliseconds keep_alive{2'000};      // the same between two requests
  milliseconds read_timeout{10'000};   // of one wait for bytes
  milliseconds write_timeout{30'000};
};

//   made ──start──▶ running ──stop──▶ stopped
//
// The life of a server; it does not start twice. start and stop belong to one thread, the routes run on the
// server's.
class server {
public:
  server(router routes, const clock& time, access_log log, server_options options = {});
  ~server();  // stops
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  // Answers the port, the kernel's choice for 0. `io` with a sentence that names the port when it cannot be
  // had.
  result<std::uint16_t> start(const std::string& host, std::uint16_t port);
  // Takes no more connections, closes the idle ones, and comes back when all running requests have their
  // answers.
  void stop();

private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace dip::http
