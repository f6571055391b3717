// What one partition wants on the disk with the next turn: term and vote, entries, a new beginning. A value:
// made where the partition is owned, written where the turns are (storage/log_writer.hpp).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ids.hpp"
#include "core/log_view.hpp"
#include "storage/kv.hpp"

namespace dip {

struct log_change {
  // An entry of the log, as the mark file remembers it.
  struct place {
    log_index index;
    std::uint64_t checksum = 0;
  };

  partition_id partition;
  std::optional<hard_state> voted;
  std::optional<place> kept;               // nothing beyond it stays, but what is in `records`
  std::optional<snapshot_mark> installed;  // the log begins anew behind it, its state is staged
  std::vector<std::pair<log_index, std::string>> records;  // log records, in order
  place last;                                              // of the log afterwards; index 0: as it was
  term_number highest_term;                                // of `voted` and the records; 0: none
  std::function<void()> done;                              // on the writer's thread, when it is durable

  void put_into(kv_batch& batch) const;
};

// The rows of `meta` that hold where a replicated log begins, and the state that was put in its place but is
// not in the tables yet.
[[nodiscard]] std::string log_start_key(partition_id p);
[[nodiscard]] std::string installing_key(partition_id p);

// The log begins behind `start`, which the tables have applied durably; nothing when it begins later already,
// behind a state that was installed. Errors: `corrupt`, `io`.
[[nodiscard]] result<void> put_start(kv_batch& changes, const kv_snapshot& before, partition_id p,
                                     const snapshot_mark& start);

}  // namespace dip
