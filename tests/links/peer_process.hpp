// A link_peer (tests/support/link_peer.cpp) as a child process, and other ends that are no nodes.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "tests/support/piped_child.hpp"

namespace dip::test {

class peer_process {
public:
  explicit peer_process(std::vector<std::string> arguments);
  void tell(const std::string& line);
  // The first line that begins so and was not given before; fails the test when none comes in a minute.
  std::string expect(const std::string& beginning);
  // Whether a line that begins so has come, and was not given.
  [[nodiscard]] bool said(const std::string& beginning) const;
  // Asks for its status until a line holds `part`.
  std::string await_status(const std::string& peer, const std::string& part);
  // A request to `peer` of `size` bytes, and what became of it.
  std::string ask(const std::string& peer, unsigned kind, std::size_t size, long within = 60'000);
  void signal(int number) const;
  // Waits for its end; its exit code, or minus the signal that ended it.
  int end();
  [[nodiscard]] std::size_t peak_memory() const;  // KiB
  // Its listening sockets, as /proc/net/tcp has them: "0100007F:12C1".
  [[nodiscard]] std::vector<std::string> listening() const;

private:
  bool read_more(int milliseconds);

  piped_child child_;
  std::string rest_;
  std::deque<std::string> lines_;
  std::string all_;
};

// Accepts nothing. With `full`, connections to it hang in the air, as in a black hole; otherwise the kernel
// makes them, and nobody ever says a word.
class silent_listener {
public:
  explicit silent_listener(bool full);
  silent_listener(const silent_listener&) = delete;
  silent_listener& operator=(const silent_listener&) = delete;
  ~silent_listener();
  [[nodiscard]] std::uint16_t port() const { return port_; }

private:
  int fd_;
  std::vector<int> fillers_;
  std::uint16_t port_ = 0;
};

// Connects, sends, and waits until the other closes or `patience` ms are over; answers what came.
std::string throw_at(std::uint16_t port, const std::string& bytes, int patience);
// A connection that is left open.
int connect_to(std::uint16_t port);

}  // namespace dip::test
