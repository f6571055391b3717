// What CAF 0.17 leaves out around OpenSSL's calls, put in from outside: linking this in puts functions of the
// same names before OpenSSL's SSL_read, SSL_write, SSL_accept and SSL_connect, for the whole program.
//
// - OpenSSL keeps what failed in a queue of the thread, and wants it to be empty before each call. Otherwise
// a
//   stranger's broken handshake, or a peer that ends without a word, ends whichever healthy connection is
//   looked at next.
// - Who connects and says nothing is never given up, and is tried again and again at the cost of a whole
// core.
#pragma once

#include "core/clock.hpp"

namespace dip::net {

// For a client to prove who it is; then its connection is shut down.
inline constexpr milliseconds longest_tls_handshake{5'000};

// Whether those functions are the ones that are called.
[[nodiscard]] bool tls_calls_are_ours();

}  // namespace dip::net
