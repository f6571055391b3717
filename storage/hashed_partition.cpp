#include "storage/hashed_partition.hpp"

#include <string>

#include "storage/object_bytes.hpp"

namespace dip {

partition_id hashed_partition(std::string_view key, std::uint16_t partitions) {
  const auto digest = make_digest(checksum::sha256);
  digest->add(key);
  const auto hex = digest->finish().sha256;
  return {static_cast<std::uint16_t>(std::stoull(hex.substr(0, 16), nullptr, 16) % partitions)};
}

}  // namespace dip
