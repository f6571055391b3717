// The port at which the other nodes of the cluster get object files of this one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "core/errc.hpp"
#include "http/server.hpp"
#include "net/certificates.hpp"
#include "net/tls_server.hpp"
#include "storage/object_store.hpp"

namespace dip {

// GET and HEAD /objects/{bucket}/{key}, with one Range: the bytes as they lie in the store. No row is looked
// at and nothing is verified; whoever fetches has the checksum. docs/formats.md, "Object channel".
class object_channel {
public:
  // `objects` and `time` outlive it. With `tls` only nodes of the same authority are let in; without, it
  // listens on loopback only.
  object_channel(object_store& objects, const clock& time, std::optional<net::node_credentials> tls);
  ~object_channel();
  object_channel(const object_channel&) = delete;
  object_channel& operator=(const object_channel&) = delete;

  // Once. Answers the port, the kernel's choice for 0. Errors: `bad_request` for a host beyond loopback
  // without TLS; `io` with a sentence that names the file or the port.
  result<std::uint16_t> start(const std::string& host, std::uint16_t port);
  // Reads the certificates again. Any thread.
  result<void> reload();
  // Cuts off what is under way: whoever fetches goes on with another node.
  void stop();

  struct figures {
    std::uint64_t served = 0, served_bytes = 0;
  };
  [[nodiscard]] figures served() const { return {served_, served_bytes_}; }  // any thread

private:
  [[nodiscard]] http::router routes();

  object_store& objects_;
  const clock& time_;
  std::optional<net::node_credentials> credentials_;
  std::atomic<std::uint64_t> served_{0}, served_bytes_{0};
  std::shared_ptr<net::tls_server> tls_;
  std::unique_ptr<http::server> server_;
};

}  // namespace dip
