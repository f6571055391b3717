// What can go wrong, in one list. `errc` is the only spelling of failure between our parts.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace dip {

enum class errc : unsigned char {
  // What a caller sees; `to_string` gives the word of the HTTP API.
  bad_request,           // not JSON, a bad header, a bad cursor
  unauthorized,          // a key is needed, or the one given is not known
  forbidden,             // known, but not allowed; or a foreign URL as `file`
  not_found,             // no such file, request, queue or actor
  method_not_allowed,    // the path exists, the method does not
  timeout,               // took longer than it may
  headers_too_large,     // the request's head is over its limit
  http_version,          // neither HTTP/1.0 nor HTTP/1.1
  conflict,              // not possible in the state that it is in
  length_required,       // a body of unknown length where one must be announced
  too_large,             // a body over its limit
  unsupported_media,     // not an image of a format that we read
  precondition_failed,   // If-Match or If-Unmodified-Since does not hold
  bad_range,             // a range outside the file
  invalid_image,         // of a known format, but it cannot be read
  too_many_pixels,       // over a limit of size, or of predicted time or memory
  invalid_operation,     // a field of the request is wrong; `error::pointer` names it
  idempotency_mismatch,  // the same Idempotency-Key with another body
  rate_limited,          // too many calls of this client
  internal,              // our fault
  overloaded,            // no room now; nothing was taken
  no_quorum,             // no majority of the replicas can be reached; nothing was taken
  draining,              // this node is stopping; nothing was taken
  disk_full,             // less than limits.free_disk is left; nothing was taken
  worker_crashed,        // the process that worked on the image died
  // What stays between our parts; to a caller these are `internal`.
  stale_lease,  // the fencing token is not that of the lease
  stage_lost,   // the preprocessed file is missing, short or damaged: it is made again
  corrupt,      // a stored piece does not have its checksum
  io,           // the operating system refused; `detail` has its words
  not_leader,   // this replica does not lead its partition; nothing was taken
};

struct error {
  errc code = errc::internal;
  std::string detail;   // a sentence for a person
  std::string pointer;  // JSON pointer of the field that is wrong, or empty

  bool operator==(const error&) const = default;
};

template <class T>
using result = tl::expected<T, error>;

// The way to return a failure: `return fail(errc::not_found, "no such file")`.
[[nodiscard]] tl::unexpected<error> fail(errc code, std::string detail = {}, std::string pointer = {});

// The word of the HTTP API: "not_found". Never fails; each value has one.
[[nodiscard]] std::string_view to_string(errc code) noexcept;

// The value of a word that `to_string` gave; `internal` for any other.
[[nodiscard]] errc parse_errc(std::string_view word) noexcept;

// Whether trying again later, elsewhere, may succeed where `code` was met while working on a request.
[[nodiscard]] bool may_pass(errc code) noexcept;

}  // namespace dip
