// One accepted connection: its socket, what has been received of it and what is still to be sent.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/secure_channel.hpp"
#include "http/exchange.hpp"

namespace dip::http {

//   handshake ─▶ head ─▶ working ─▶ sending ─▶ idle ─▶ head …
//                          │ ▲         └──────▶ linger ─▶ dead
//                          ▼ │
//                        parked, events
//
// In `working` the connection belongs to one thread of a lane, in every other state to whoever holds `mutex`.
// The gate's thread alone makes it and lets it go.
class connection {
public:
  enum class state : std::uint8_t {
    handshake,  // of TLS
    head,       // a head, or the small body after it, is on its way
    idle,       // nothing is
    working,    // in a lane
    sending,    // the peer takes its answer slowly
    parked,     // the answer waits for something to happen
    events,     // the answer is a stream of events
    linger,     // all is said; what still comes is thrown away
    dead
  };
  // What a thread of a lane does with it.
  enum class task : std::uint8_t { handshake, serve, resume, send, events, advance };

  using step = secure_channel::step;
  using step_state = secure_channel::state;

  // `serial` tells connections apart that have had the same descriptor.
  connection(int fd, std::uint32_t serial, std::unique_ptr<secure_channel> secured, std::string address,
             std::uint64_t key)
      : descriptor(fd),
        token(std::uint64_t{serial} << 32 | static_cast<std::uint32_t>(fd)),
        channel(std::move(secured)),
        peer(std::move(address)),
        client(key) {}
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  [[nodiscard]] static int descriptor_of(std::uint64_t token) {
    return static_cast<int>(token & 0xffffffffU);
  }

  // One non-blocking read or write.
  step receive(std::span<char> out);
  // `more`: other bytes follow at once, so that these may wait to travel with them.
  step transmit(std::string_view bytes, bool more = false);
  // The same out of a file, past this process, where there is no TLS. `ended`: the file is shorter.
  step transmit_file(int file, std::uint64_t offset, size_t count);
  // Sends of `out` what goes without waiting. `done`: it is empty.
  step flush(bool more = false);
  // Waits for what `want` says; false when `patience` is over.
  [[nodiscard]] bool wait(step_state want, milliseconds patience) const;
  [[nodiscard]] std::string_view received() const { return std::string_view{in}.substr(in_at); }
  void drop_received(size_t count);
  // The memory of empty buffers: most connections are idle.
  void give_back();
  // Says that nothing more will be sent.
  void close_sending();

  const int descriptor;
  const std::uint64_t token;                      // what epoll calls it
  const std::unique_ptr<secure_channel> channel;  // nullptr: plain TCP
  const std::string peer;                         // its address
  const std::uint64_t client;                     // who it counts as where clients take turns

  std::mutex mutex;
  state now = state::head;
  task next = task::serve;
  steady_time deadline{};  // for what is awaited in this state
  steady_time began{};     // of that state, where a rate counts from it
  bool woken = false;      // there was news while it was not parked
  // On the gate's thread: epoll still waits for the next request, and none of its events was passed over.
  bool still_watched = false;

  std::string in;
  size_t in_at = 0;      // what is before was consumed
  size_t looked_at = 0;  // of `received`, in search of the head's end
  size_t awaited = 0;  // bytes of head and small body to be there before a thread is spent; 0: not known yet
  std::string out;
  size_t out_at = 0;        // what is before was sent
  std::uint64_t moved = 0;  // bytes in either direction since `began`
  size_t counted = 0;       // of the gate's budget
  std::unique_ptr<exchange> current;
  std::shared_ptr<connection> next_waiting;  // of its lane's
};

}  // namespace dip::http
