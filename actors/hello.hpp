// How two nodes introduce themselves when a connection between them is new, and why one may turn the other
// down. Free of CAF. docs/formats.md, "Hello".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/codec.hpp"
#include "core/errc.hpp"

namespace dip {

// Of the envelopes and what is in them. A node speaks all versions of its range; two nodes speak the highest
// that both have.
struct protocol_versions {
  std::uint32_t oldest = 1, newest = 1;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.oldest, s.newest);
  }
  bool operator==(const protocol_versions&) const = default;
};

struct hello {
  protocol_versions speaks;  // first, for ever: every version must be able to read it
  std::string cluster;
  std::string from;
  std::string to;             // whom `from` takes the other for
  std::string start;          // names this run of the process: "n1#01J…"
  std::uint16_t objects = 0;  // port of the object channel
  std::uint64_t session = 0;  // chosen by who dials; the same in both directions
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.speaks, s.cluster, s.from, s.to, s.start, s.objects, s.session);
  }
  bool operator==(const hello&) const = default;
};

// "No": the session that it belongs to, and a sentence for the other's status.
struct refusal {
  std::uint64_t session = 0;
  std::string why;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.session, s.why);
  }
};

// Why `here` does not talk to who says `said`; nothing: it does. `here.to` is the peer that is meant, or
// empty when it is whoever comes.
[[nodiscard]] std::optional<std::string> why_not(const hello& here, const hello& said);
// The version that both speak; only of two that `why_not` has nothing against.
[[nodiscard]] std::uint32_t common_version(const hello& here, const hello& said);

// Any bytes at all are safe to read. Errors: `corrupt`, also for words that are too long to be true.
[[nodiscard]] result<hello> parse_hello(std::string_view bytes);
[[nodiscard]] result<refusal> parse_refusal(std::string_view bytes);

}  // namespace dip
