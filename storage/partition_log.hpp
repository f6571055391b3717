// One partition's log as it stands in the store, read from its beginning to its end and checked on the way.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/log_entry.hpp"
#include "storage/high_water.hpp"
#include "storage/kv.hpp"

namespace dip {

struct vote_row {
  term_number term;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.term);
  }
};

struct partition_log {
  term_number term;   // the one that was begun last
  log_index base;     // the last entry that was cut away
  log_index applied;  // by the tables
  log_index last;
  term_number last_term;
  std::uint64_t checksum = 0;  // of the last entry
  wall_time stamp{};
  std::vector<log_entry> unapplied;  // what the tables lack
};

// Errors: `io`, and `corrupt` when an entry is missing or has not its checksum, when the log ends before its
// mark or before what was applied, when it is not the log that the mark was written for, or when the mark is
// older than it.
[[nodiscard]] result<partition_log> read_partition_log(const kv_snapshot& kv, partition_id p,
                                                       const std::optional<high_water_mark>& mark);

}  // namespace dip
