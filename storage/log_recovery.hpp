// A replicated log as it stands in the store, read from its beginning to its end and checked on the way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/log_view.hpp"
#include "storage/high_water.hpp"
#include "storage/kv.hpp"

namespace dip {

// What a log record of a replicated log holds: docs/formats.md, "The replicated log".
struct stored_entry {
  log_index index;
  replicated_entry entry;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.index, s.entry);
  }
};

struct recovered_log {
  struct slot {
    replicated_entry entry;
    std::uint64_t checksum = 0;
  };
  hard_state voted;
  snapshot_mark start;      // the log's entries begin behind it
  log_index applied;        // by the tables, at or after `start`
  std::vector<slot> slots;  // the entry behind `start` first
};

// Completes an install that was cut off first. Errors: `io`, and `corrupt` when an entry is missing or has
// not its checksum, when the log ends before its mark or before what was applied, when it is not the log that
// the mark was written for, when it has forgotten its term, or when the mark is older than it: such a replica
// must never vote again under its name (storage/quarantine.hpp). Without a mark only the chain is checked.
[[nodiscard]] result<recovered_log> recover_log(kv_store& kv, partition_id p,
                                                const std::optional<high_water_mark>& mark);

}  // namespace dip
