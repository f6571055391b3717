#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/ids.hpp"

namespace dip {

// Where a row is that no id gives a place to: the first 64 bits of the SHA-256 of `key`, modulo the number of
// partitions.
[[nodiscard]] partition_id hashed_partition(std::string_view key, std::uint16_t partitions);
// The same of a key whose SHA-256 is known, in hex.
[[nodiscard]] partition_id partition_of_sha256(const std::string& hex, std::uint16_t partitions);

}  // namespace dip
