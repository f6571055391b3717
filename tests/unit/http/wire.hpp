// A client that says exactly what a test wants on the wire.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace dip::http::test {

struct reply {
  int status = 0;  // 0: the connection was closed without an answer
  std::vector<name_value> headers;
  std::string body;
  bool whole = false;  // the body had the length that was announced

  // Empty when there is none; all of them joined with ", ".
  [[nodiscard]] std::string header(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
};

class wire {
public:
  explicit wire(std::uint16_t port, const std::string& host = "127.0.0.1");
  ~wire();
  wire(const wire&) = delete;
  wire& operator=(const wire&) = delete;

  // False when the peer no longer takes bytes.
  bool send(std::string_view bytes);
  // `headless`: the answer to HEAD, which has no body.
  reply receive(bool headless = false);
  reply call(std::string_view request) {
    return send(request) ? receive(request.starts_with("HEAD ")) : reply{};
  }
  // All bytes up to the end of `text`; what there was, when the peer closes before.
  std::string receive_until(std::string_view text);
  // Waits for the peer to close; false when bytes come instead.
  bool closed();
  void close();
  [[nodiscard]] int descriptor() const { return descriptor_; }

private:
  bool fill();

  int descriptor_ = -1;
  std::string buffer_;
};

}  // namespace dip::http::test
