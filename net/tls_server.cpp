#include "net/tls_server.hpp"

#include <algorithm>
#include <climits>
#include <mutex>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "net/freed_by.hpp"

namespace dip::net {
namespace {

using context = std::unique_ptr<SSL_CTX, freed_by<SSL_CTX_free>>;
using session = std::unique_ptr<SSL, freed_by<SSL_free>>;

std::string last_words() {
  char text[256] = "";
  ERR_error_string_n(ERR_peek_last_error(), text, sizeof text);
  ERR_clear_error();
  return text;
}

// RFC 7301: without this a client that offers h2 first would have to guess.
int choose_protocol(SSL* /*s*/, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned in_size, void* /*context*/) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, ours, sizeof ours - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// Each connection shows its certificate: a resumed session would be believed beyond the certificate's end.
result<void> demand_certificates(SSL_CTX* c, const std::string& authority) {
  if (SSL_CTX_load_verify_locations(c, authority.c_str(), nullptr) != 1)
    return fail(errc::io, "the authority " + authority + " cannot be used: " + last_words());
  SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(c, SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(c, 0);
  return {};
}

result<context> make_context(const std::string& certificate, const std::string& key,
                             const std::string& authority) {
  ERR_clear_error();
  context c{SSL_CTX_new(TLS_server_method())};
  if (!c) return fail(errc::io, "TLS cannot be set up: " + last_words());
  SSL_CTX_set_min_proto_version(c.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(c.get(), SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_NO_COMPRESSION | SSL_OP_PRIORITIZE_CHACHA);
  // An idle connection gives its buffers back; a write may be taken up again from other memory, in part.
  SSL_CTX_set_mode(c.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_select_cb(c.get(), choose_protocol, nullptr);
  if (SSL_CTX_use_certificate_chain_file(c.get(), certificate.c_str()) != 1)
    return fail(errc::io, "the certificate " + certificate + " cannot be used: " + last_words());
  if (SSL_CTX_use_PrivateKey_file(c.get(), key.c_str(), SSL_FILETYPE_PEM) != 1)
    return fail(errc::io, "the key " + key + " cannot be used: " + last_words());
  if (SSL_CTX_check_private_key(c.get()) != 1)
    return fail(errc::io, "the key " + key + " is not that of the certificate " + certificate);
  if (!authority.empty())
    if (auto ok = demand_certificates(c.get(), authority); !ok) return tl::make_unexpected(ok.error());
  return c;
}

class tls_channel final : public secure_channel {
public:
  explicit tls_channel(session s) : session_(std::move(s)) {}

  step handshake() override {
    return run([&](size_t&) { return SSL_do_handshake(session_.get()); });
  }
  step read(std::span<char> out) override {
    return run([&](size_t& count) { return SSL_read_ex(session_.get(), out.data(), out.size(), &count); });
  }
  step write(std::string_view bytes) override {
    if (bytes.empty()) return {state::done, 0};
    return run(
        [&](size_t& count) { return SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &count); });
  }
  bool buffered() const override { return SSL_has_pending(session_.get()) == 1; }
  void close() override {
    if (failed_ || SSL_is_init_finished(session_.get()) != 1) return;
    ERR_clear_error();
    SSL_shutdown(session_.get());
    ERR_clear_error();
  }

private:
  template <class F>
  step run(F call) {
    ERR_clear_error();
    size_t count = 0;
    const int done = call(count);
    if (done == 1) return {state::done, count};
    switch (SSL_get_error(session_.get(), done)) {
      case SSL_ERROR_WANT_READ: return {state::wants_read, 0};
      case SSL_ERROR_WANT_WRITE: return {state::wants_write, 0};
      case SSL_ERROR_ZERO_RETURN: return {state::ended, 0};
      default: break;
    }
    failed_ = true;  // after which nothing may be called but SSL_free
    ERR_clear_error();
    return {state::failed, 0};
  }

  session session_;
  bool failed_ = false;
};

}  // namespace

struct tls_server::state {
  std::string certificate, key, authority;
  std::mutex mutex;
  context current;
};

tls_server::tls_server(std::unique_ptr<state> s) : state_(std::move(s)) {}
tls_server::~tls_server() = default;

result<std::unique_ptr<tls_server>> tls_server::make(std::string certificate, std::string key,
                                                     std::string authority) {
  auto made = std::unique_ptr<tls_server>{new tls_server{std::make_unique<state>()}};
  made->state_->certificate = std::move(certificate);
  made->state_->key = std::move(key);
  made->state_->authority = std::move(authority);
  if (auto loaded = made->reload(); !loaded) return tl::make_unexpected(loaded.error());
  return made;
}

result<void> tls_server::reload() {
  auto fresh = make_context(state_->certificate, state_->key, state_->authority);
  if (!fresh) return tl::make_unexpected(fresh.error());
  const std::lock_guard lock{state_->mutex};
  state_->current = std::move(*fresh);
  return {};
}

result<std::unique_ptr<secure_channel>> tls_server::accept(int descriptor) {
  const std::lock_guard lock{state_->mutex};
  session s{SSL_new(state_->current.get())};
  if (!s || SSL_set_fd(s.get(), descriptor) != 1) return fail(errc::io, "TLS: " + last_words());
  SSL_set_accept_state(s.get());
  return std::make_unique<tls_channel>(std::move(s));
}

}  // namespace dip::net
