// What travels over a link between two nodes. docs/formats.md, "Envelopes".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/codec.hpp"
#include "core/errc.hpp"
#include "core/ids.hpp"

namespace dip {

// What the bytes of an envelope are. The numbers are the wire's: none changes its meaning, new ones come at
// the end. To the link they are all the same; only `consensus` may fill the last quarter of the window.
enum class envelope_kind : std::uint8_t {
  none,
  consensus,  // one way: a parcel (consensus/parcel.hpp)
  propose,    // from here on the records of actors/messages.hpp
  publish,
  lease,
  renew_lease,
  give_back,
  available,
  announced,
  figures,
  introspect,
  fetch,     // a replica is to get an object's file from a node
  read,      // rows of one partition
  standing,  // one way: what a node says of itself to its peers
  inspect,   // what an operator wants to know of a node, or to have done there (runtime/inspection.hpp)
  bundle,    // several messages in one: a `message_bundle`, never of the sender's own making
};

enum class envelope_form : std::uint8_t { message, request, reply, ping, pong, ack };

struct envelope {
  std::uint8_t version = 1;
  envelope_form form = envelope_form::message;
  envelope_kind kind = envelope_kind::none;
  partition_id partition;
  // Of a request and its reply, of a ping and its pong: the same in both, and only once in a session.
  std::uint64_t number = 0;
  // All that the sender has received in this session, in bytes: it makes room in the other's window.
  std::uint64_t received = 0;
  milliseconds within{0};  // of a request: for so long its sender waits
  bool ok = true;          // of a reply; otherwise `code`, and `bytes` is a sentence
  errc code = errc::internal;
  std::string bytes;
  bool more = false;  // the next envelope goes on with `bytes`; it is of the same form, kind and number
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.version, s.form, s.kind, s.partition, s.number, s.received, s.within, s.ok, s.code, s.bytes,
             s.more);
  }
  bool operator==(const envelope&) const = default;
};

// Messages that had time to wait for each other.
struct message_bundle {
  struct part {
    envelope_kind kind = envelope_kind::none;
    partition_id partition;
    std::string bytes;
    template <class S, class F>
    static auto fields(S& s, F&& f) {
      return f(s.kind, s.partition, s.bytes);
    }
  };
  std::vector<part> parts;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.parts);
  }
};

// Of an envelope's encoding. Larger ones would hold up all that is behind them.
inline constexpr std::size_t max_envelope = std::size_t{64} * 1024;
// Of `bytes`: what is left when all numbers are as long as can be.
inline constexpr std::size_t max_payload = max_envelope - 64;
// Of a message, a request or an answer, which is cut into envelopes. As large as an entry of a log may be.
inline constexpr std::size_t max_message = std::size_t{1024} * 1024;

// Any bytes at all are safe to read. Errors: `too_large`, `corrupt`.
[[nodiscard]] result<envelope> parse_envelope(std::string_view bytes);

}  // namespace dip
