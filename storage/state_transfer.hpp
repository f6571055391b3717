// A partition's applied state, from one replica to another: rows in chunks out of a consistent look, staged
// beside the present state, and put in its place as one step together with the log's new beginning.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/log_view.hpp"
#include "storage/kv.hpp"

namespace dip {

struct state_row {
  family in = family::meta;
  std::string key;  // without the partition
  std::string value;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.in, s.key, s.value);
  }
};

struct state_chunk {
  std::vector<state_row> rows;
  std::string next;  // where the following chunk begins; empty after the last
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.rows, s.next);
  }
};

// Rows of `p` from `from` on (empty: the first), up to `bytes` of keys and values, but one at least. Errors:
// `bad_request` for a `from` that no chunk gave, `corrupt`, `io`.
[[nodiscard]] result<state_chunk> read_state(const kv_snapshot& kv, partition_id p, const std::string& from,
                                             size_t bytes);

// Staged rows are not seen by anybody until an install is durable (log_change::installed). `begin_staging`
// first: it forgets what an earlier try has left. Not synced: the install's own write is.
// Errors: `bad_request` for a row that is no part of a state, `io`.
[[nodiscard]] result<void> check_rows(const state_chunk& chunk);
[[nodiscard]] result<void> begin_staging(kv_store& kv, partition_id p);
[[nodiscard]] result<void> stage(kv_store& kv, partition_id p, const state_chunk& chunk);

// After an install is durable, and at every start: the staged rows replace the tables'. Cut off anywhere, it
// is done again from the beginning. Nothing happens when there is nothing to do.
[[nodiscard]] result<void> complete_install(kv_store& kv, partition_id p);

}  // namespace dip
