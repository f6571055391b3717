// What carries the bytes of an accepted connection where that is not plain TCP. Named here, so that net/ can
// make it (of OpenSSL) and http/ can drive it without knowing each other.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "core/errc.hpp"

namespace dip {

// One connection. No call blocks: the descriptor is polled by the caller. One thread at a time.
class secure_channel {
public:
  enum class state {
    done,         // some of it was done: `bytes` of it
    wants_read,   // call again when the descriptor is readable
    wants_write,  // call again when it is writable
    ended,        // the peer will send no more
    failed        // the connection is of no further use
  };
  struct step {
    state what = state::failed;
    std::size_t bytes = 0;
  };

  virtual ~secure_channel() = default;
  // To be called until it is `done`; only then `read` and `write`.
  virtual step handshake() = 0;
  virtual step read(std::span<char> out) = 0;
  // After wants_read or wants_write the next call must begin with the same bytes; they may lie elsewhere.
  virtual step write(std::string_view bytes) = 0;
  // Bytes were received and not read yet: no event of the descriptor will tell.
  [[nodiscard]] virtual bool buffered() const = 0;
  // Tells the peer that nothing more is sent, as far as that is possible at once.
  virtual void close() = 0;
};

// Any thread.
class secure_acceptor {
public:
  virtual ~secure_acceptor() = default;
  // For a connection that was just accepted. The descriptor stays the caller's, and outlives the channel.
  virtual result<std::unique_ptr<secure_channel>> accept(int descriptor) = 0;
};

}  // namespace dip
