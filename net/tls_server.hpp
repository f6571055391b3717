// The server's side of TLS 1.2 and 1.3, with a certificate that can be changed while it runs.
#pragma once

#include <memory>
#include <string>

#include "core/errc.hpp"
#include "core/secure_channel.hpp"

namespace dip::net {

// Any thread.
class tls_server final : public secure_acceptor {
public:
  // PEM files: the certificate with its chain, and its key. With an `authority` only clients that show a
  // certificate of it are let in. `io` with a sentence that names the file that cannot be used.
  [[nodiscard]] static result<std::unique_ptr<tls_server>> make(std::string certificate, std::string key,
                                                                std::string authority = {});
  ~tls_server() override;

  // Reads the same files again. Connections that exist keep what they have; after a failure all goes on as
  // before.
  result<void> reload();
  result<std::unique_ptr<secure_channel>> accept(int descriptor) override;

private:
  struct state;
  explicit tls_server(std::unique_ptr<state> s);

  std::unique_ptr<state> state_;
};

}  // namespace dip::net
