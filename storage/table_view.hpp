#pragma once

#include <memory>

#include "storage/kv.hpp"
#include "storage/node_store.hpp"

namespace dip {

// The row of a partition in `meta`: how far its tables are.
struct applied_row {
  log_index index;
  wall_time stamp{};
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.index, s.stamp);
  }
};
[[nodiscard]] std::string applied_key(partition_id p);

// Partition `p`'s tables in a snapshot. Rows that cannot be read throw `damaged_state` where the answer has
// no error.
[[nodiscard]] std::unique_ptr<state_view> make_table_view(std::unique_ptr<kv_snapshot> snapshot,
                                                          partition_id p);

}  // namespace dip
