// What one replica of a partition keeps, in plain words: its log, and the state that the log's entries are
// applied to. Consensus asks for changes, storage makes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/errc.hpp"
#include "core/log_view.hpp"

namespace dip {

// Rows of an applied state, and where the following piece begins. To whoever carries them they are bytes.
struct state_piece {
  std::string rows;
  std::string next;  // empty after the last
};

// One owner, who also owns the replica (consensus/replica.hpp) and tells it what became of what was asked
// here: `written`, `put_in_place`, `pinned`, in the order in which it was asked. A change is seen by this
// interface at once, and is on the disk later. Nothing here waits for a disk's sync.
class replica_store : public log_view {
public:
  [[nodiscard]] virtual hard_state voted() const = 0;  // the latest that was asked to be written

  // Term and vote, entries from `first` on instead of what was there, or both; at least one. `written`, with
  // that number, when it is durable.
  virtual void write(std::uint64_t number, const std::optional<hard_state>& voted, log_index first,
                     std::vector<replicated_entry> entries) = 0;
  // Entries up to here are durable.
  virtual void durable(log_index up_to) = 0;

  // The state. Errors mean that the replica must stop.
  [[nodiscard]] virtual log_index applied() const = 0;
  // The entries from the one behind `applied` on; all of them are durable and committed.
  virtual result<void> apply(const std::vector<replicated_entry>& entries) = 0;

  // The state as it is now is to be kept, for others to fetch: `pinned` when it is.
  virtual void pin() = 0;
  // What was pinned at `at`, which the log holds, is the snapshot from now on; the log's entries up to
  // `trailing` before it may go.
  virtual void keep_pinned(log_index at, std::uint64_t trailing) = 0;
  // From `from` on (empty: the beginning), about `bytes` of the snapshot. Errors: `bad_request` for a `from`
  // that no piece gave; `io`, `corrupt`.
  [[nodiscard]] virtual result<state_piece> read_piece(const std::string& from, size_t bytes) const = 0;

  // Another's state is gathered beside the present one, in the place of one that was begun before. Errors:
  // `bad_request` for what is no piece; `io`.
  virtual result<void> begin_staging() = 0;
  virtual result<void> stage(const std::string& rows) = 0;
  // Log and state begin anew with what was staged, as one step: `written` when that is durable. Then
  // `put_in_place`, and until its answer nothing is applied and nothing is pinned.
  virtual void install(std::uint64_t number, const std::optional<hard_state>& voted,
                       const snapshot_mark& mark) = 0;
  virtual void put_in_place() = 0;
};

}  // namespace dip
