// An entry as it stands in the log: its bytes, chained to the entry before by a checksum. docs/formats.md,
// "The log".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "core/errc.hpp"

namespace dip {

// XXH3-64 over the checksum before (big-endian) and the payload.
[[nodiscard]] std::uint64_t chain(std::uint64_t before, std::string_view payload);
// The record that goes on from `before`: its checksum, and its bytes.
[[nodiscard]] std::pair<std::uint64_t, std::string> chained_record(std::uint64_t before,
                                                                   std::string_view payload);

struct log_record {
  std::uint64_t checksum = 0;
  std::string payload;  // encode(stored_entry)
};
[[nodiscard]] std::string to_bytes(const log_record& r);
// `corrupt` when it is too short, or does not continue the chain from `before`.
[[nodiscard]] result<log_record> parse_record(std::string_view bytes, std::uint64_t before);

}  // namespace dip
