// The Range header (RFC 9110, section 14.2) against a file's size.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/errc.hpp"
#include "http/message.hpp"

namespace dip::http {

struct byte_range {
  std::uint64_t first = 0;
  std::uint64_t length = 0;

  bool operator==(const byte_range&) const = default;
};

// The one range that is asked for. Nothing where the header is to be ignored: another unit, several ranges,
// or a value that is no range. `bad_range` when the range lies outside of the file.
[[nodiscard]] result<std::optional<byte_range>> parse_range(std::string_view header, std::uint64_t size);
// Makes `out`, which gives a file of that size from its source, the answer to it.
void give_range(http_response& out, const byte_range& range, std::uint64_t size);

}  // namespace dip::http
