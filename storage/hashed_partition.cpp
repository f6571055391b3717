#include "storage/hashed_partition.hpp"

#include <string>

#include "storage/object_bytes.hpp"

namespace dip {

partition_id partition_of_sha256(const std::string& hex, std::uint16_t partitions) {
  return {static_cast<std::uint16_t>(std::stoull(hex.substr(0, 16), nullptr, 16) % partitions)};
}

partition_id hashed_partition(std::string_view key, std::uint16_t partitions) {
  return partition_of_sha256(sha256_hex(key), partitions);
}

}  // namespace dip
