// One partition as a node's store holds it, for the owner of its replica.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "core/membership.hpp"
#include "storage/kv.hpp"
#include "storage/log_writer.hpp"
#include "storage/partition_store.hpp"
#include "storage/row_versions.hpp"
#include "storage/table_state.hpp"

namespace dip {

// One owner, which is the replica's. Let go of, another may be opened.
class stored_partition {
public:
  virtual ~stored_partition() = default;
  [[nodiscard]] virtual partition_store& log() = 0;
  [[nodiscard]] virtual table_state& tables() = 0;
  // Whether this node has room for it, and a log that can be written. Errors, and nothing is taken:
  // `disk_full`, `internal`.
  [[nodiscard]] virtual result<void> may_take(const command& what) const = 0;
  // The replica must stop, and with it the process: `on_fatal` is told, once.
  virtual void fail_with(const error& why) = 0;
  // Applied entries that stay in the log.
  [[nodiscard]] virtual std::uint64_t log_keep() const = 0;
};

// What a partition stands on; outlives it.
struct partition_ground {
  kv_store* kv = nullptr;
  log_writer* writer = nullptr;
  row_versions* objects = nullptr;
  std::function<bool()> disk_full;
  std::uint64_t log_keep = 4'096;
  bool marked = true;           // the writer keeps marks
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

// As `node_store::open_partition`.
[[nodiscard]] result<std::unique_ptr<stored_partition>> open_stored_partition(
    partition_ground on, partition_id p, const membership& first,
    std::function<void(std::function<void()>)> post);

}  // namespace dip
