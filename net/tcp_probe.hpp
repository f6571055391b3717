// Whether something listens at an address, found out without a thread that waits for it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace dip::net {

// One connection, made and closed again. Every call returns at once; there is no deadline but the caller's,
// who destroys it. One owner.
class tcp_probe {
public:
  enum class state : std::uint8_t { pending, reached, failed };

  // A name or an IP address. A name is resolved on a thread of its own, which may outlive this; all its
  // addresses are tried, one behind the other.
  tcp_probe(const std::string& host, std::uint16_t port);
  tcp_probe(const tcp_probe&) = delete;
  tcp_probe& operator=(const tcp_probe&) = delete;
  ~tcp_probe();

  // Looks how far it has come; to be called now and then until it is no longer `pending`.
  state poll();
  // The IP address that answered.
  [[nodiscard]] const std::string& address() const;
  // Of `failed`: a sentence.
  [[nodiscard]] const std::string& why() const;

private:
  struct work;
  std::unique_ptr<work> work_;
};

}  // namespace dip::net
