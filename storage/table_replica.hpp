#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "storage/high_water.hpp"
#include "storage/kv.hpp"
#include "storage/log_writer.hpp"
#include "storage/node_store.hpp"
#include "storage/row_versions.hpp"

namespace dip {

// What a replica stands on; outlives it.
struct replica_ground {
  kv_store* kv = nullptr;
  log_writer* writer = nullptr;
  row_versions* objects = nullptr;  // of the rows of objects
  std::function<bool()> disk_full;
  std::uint64_t log_keep = 4'096;
  std::shared_ptr<void> place;  // held while the partition has an owner
};

// One owner a partition. Any thread.
class open_places {
public:
  explicit open_places(std::uint16_t partitions) : places_(partitions) {}
  // Errors: `not_found`, `conflict` while the one given out last is held.
  [[nodiscard]] result<std::shared_ptr<void>> take(partition_id p);

private:
  std::mutex mutex_;
  std::vector<std::weak_ptr<void>> places_;
};

// Checks the log of `p` from its base on against its chain and its mark, applies what the tables lack, and
// begins the next term. Without a mark (a log in memory) only the chain is checked. Errors: `corrupt` with
// what to do, `io`.
[[nodiscard]] result<std::unique_ptr<replica>> open_table_replica(replica_ground ground, partition_id p,
                                                                  const std::optional<high_water_mark>& mark);

}  // namespace dip
