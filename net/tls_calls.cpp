#include "net/tls_calls.hpp"

#include <cstdint>

#include <dlfcn.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

namespace {

template <class Function>
Function* openssls(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

std::intptr_t now() {
  return std::chrono::duration_cast<dip::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// Of connections that came here.
void end_late_handshake(SSL* ssl) {
  if (SSL_is_server(ssl) == 0 || SSL_in_init(ssl) == 0) return;
  static const int place = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  // The time itself stands where OpenSSL keeps a pointer.
  const auto begun = reinterpret_cast<std::intptr_t>(SSL_get_ex_data(ssl, place));
  if (begun == 0)
    SSL_set_ex_data(ssl, place, reinterpret_cast<void*>(now()));  // NOLINT(performance-no-int-to-ptr)
  else if (now() - begun > dip::net::longest_tls_handshake.count())
    ::shutdown(SSL_get_fd(ssl), SHUT_RDWR);
}

void before_call(SSL* ssl) {
  ERR_clear_error();
  end_late_handshake(ssl);
}

}  // namespace

// The one executable's symbols come before those of the libraries it uses, CAF's calls included.
extern "C" {

__attribute__((visibility("default"))) int SSL_read(SSL* ssl, void* to, int size) {
  static const auto call = openssls<int(SSL*, void*, int)>("SSL_read");
  before_call(ssl);
  return call(ssl, to, size);
}

__attribute__((visibility("default"))) int SSL_write(SSL* ssl, const void* from, int size) {
  static const auto call = openssls<int(SSL*, const void*, int)>("SSL_write");
  before_call(ssl);
  return call(ssl, from, size);
}

__attribute__((visibility("default"))) int SSL_accept(SSL* ssl) {
  static const auto call = openssls<int(SSL*)>("SSL_accept");
  before_call(ssl);
  return call(ssl);
}

__attribute__((visibility("default"))) int SSL_connect(SSL* ssl) {
  static const auto call = openssls<int(SSL*)>("SSL_connect");
  before_call(ssl);
  return call(ssl);
}

}  // extern "C"

namespace dip::net {

bool tls_calls_are_ours() {
  return ::dlsym(RTLD_DEFAULT, "SSL_read") == reinterpret_cast<void*>(&SSL_read) &&
         openssls<int(SSL*, void*, int)>("SSL_read") != &SSL_read;
}

}  // namespace dip::net
