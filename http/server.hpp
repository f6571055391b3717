// The HTTP server: connections on one side, a router on the other.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/clock.hpp"
#include "core/errc.hpp"
#include "core/secure_channel.hpp"
#include "http/request_head.hpp"
#include "http/router.hpp"

namespace dip::http {

// One answered request; what a line of the access log says.
struct access_entry {
  wall_time at{};  // when its first byte was there
  std::string method;
  std::string path;  // as sent, without the query; both empty when the request's first line could not be read
  int status = 0;    // 499: the client went away before there was one
  std::uint64_t received = 0;  // bytes, heads included
  std::uint64_t sent = 0;
  std::chrono::microseconds duration{};
  std::string peer;
  std::string request_id;
  std::string fault;      // what the caller was not told: of a 500, or why the answer is not complete
  bool complete = false;  // the whole answer was handed to the kernel
};

// May be called from any of the server's threads, several at once; must not throw.
using access_log = std::function<void(const access_entry&)>;

struct server_options {
  std::size_t connections = 16'384;  // fewer where the process may not have that many descriptors
  int backlog = 4096;
  head_limits head = {};
  std::size_t threads = 64;  // for requests that are here as a whole
  std::size_t waiting = 1024;
  std::size_t body_threads = 128;  // for those whose body is still on its way
  std::size_t bodies_waiting = 256;
  std::size_t early_body = 64 * 1024;       // a body up to this size is received before a thread is spent
  std::size_t buffered = 64 * 1024 * 1024;  // bytes of all connections that wait to be read or sent
  milliseconds head_time{10'000};           // from a connection's, or a request's, first moment to its head
  milliseconds idle_time{60'000};           // between two requests
  milliseconds body_grace{10'000};          // what a body may be late, and one wait for its bytes
  milliseconds send_grace{30'000};          // the same of an answer
  std::uint64_t min_rate = 4'096;           // bytes a second, beyond the grace
  milliseconds heartbeat{15'000};           // of a stream without events
  milliseconds linger_time{2'000};          // for a peer to read the answer before the connection is gone
  std::shared_ptr<secure_acceptor> secure = {};  // HTTPS with it
};

struct server_figures {
  std::size_t connections = 0;
  std::size_t buffered = 0;       // bytes
  std::uint64_t accepted = 0;     // connections
  std::uint64_t turned_away = 0;  // connections that found no place
  std::uint64_t overloaded = 0;   // requests that found no place in a lane
  std::uint64_t timed_out = 0;    // connections that did not send or read in time
};

//   made ──start──▶ running ──stop──▶ stopped
//
// The life of a server; it does not start twice. start and stop belong to one thread, the routes run on the
// server's.
class server {
public:
  server(router routes, const clock& time, access_log log, server_options options = {});
  ~server();  // stops, without patience
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  // Answers the port, the kernel's choice for 0. `io` with a sentence that names the port when it cannot be
  // had.
  result<std::uint16_t> start(const std::string& host, std::uint16_t port);
  // Takes no more connections and requests, closes the idle ones, answers what waits, and comes back when all
  // running requests have their answers, or have been cut off because `within` is over.
  void stop(milliseconds within = milliseconds{30'000});
  // Any thread.
  [[nodiscard]] server_figures figures() const;

private:
  std::unique_ptr<class gate> gate_;
};

}  // namespace dip::http
