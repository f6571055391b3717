#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "storage/high_water.hpp"
#include "storage/kv.hpp"
#include "storage/log_writer.hpp"
#include "storage/node_store.hpp"

namespace dip {

// What a replica stands on; outlives it.
struct replica_ground {
  kv_store* kv = nullptr;
  log_writer* writer = nullptr;
  std::function<bool()> disk_full;
  std::uint64_t log_keep = 4'096;
};

// Checks the log of `p` from its base on against its chain and its mark, applies what the tables lack, and
// begins the next term. Errors: `corrupt` with what to do, `io`.
[[nodiscard]] result<std::unique_ptr<replica>> open_table_replica(replica_ground ground, partition_id p,
                                                                  high_water_mark mark);

}  // namespace dip
