// A partition's tables as the state that its log's entries are applied to.
#pragma once

#include <vector>

#include "core/log_entry.hpp"
#include "storage/kv.hpp"
#include "storage/partition_store.hpp"
#include "storage/row_versions.hpp"

namespace dip {

// One owner. Rows, applied index and stamp are written as one batch before `apply` returns, not synced: the
// log brings back what is lost of them.
class table_state final : public partition_state {
public:
  // Both outlive it. `objects`: versions of the rows of objects, for all partitions.
  table_state(kv_store& kv, row_versions& objects, partition_id p) : kv_(kv), objects_(objects), p_(p) {}

  [[nodiscard]] log_index applied() const override { return applied_; }
  [[nodiscard]] wall_time stamp() const { return stamp_; }  // of the last command that was applied
  result<void> apply(const std::vector<replicated_entry>& entries) override;
  result<void> reload() override;
  // Of the commands that were applied since it was asked last, in the log's order.
  [[nodiscard]] std::vector<apply_outcome> take_outcomes();

private:
  kv_store& kv_;
  row_versions& objects_;
  partition_id p_;
  log_index applied_;
  wall_time stamp_{};
  std::vector<apply_outcome> outcomes_;
};

}  // namespace dip
