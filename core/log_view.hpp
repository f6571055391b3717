// A partition's replicated log in plain words: what consensus decides on, and what storage keeps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/errc.hpp"
#include "core/ids.hpp"
#include "core/membership.hpp"

namespace dip {

// Raft dissertation, figure 3.1: what a replica must not forget before it answers anybody.
struct hard_state {
  term_number term;
  node_id vote;  // in that term; 0 when there is none
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.term, s.vote);
  }
  bool operator==(const hard_state&) const = default;
};

// For the state machine; nothing at all, but its place and term; a membership.
enum class entry_kind : std::uint8_t { normal, no_op, members };

struct replicated_entry {
  term_number term;
  entry_kind kind = entry_kind::normal;
  std::string payload;  // of the state machine; or a membership's record; or empty
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.term, s.kind, s.payload);
  }
  bool operator==(const replicated_entry&) const = default;
};

// Where a state stands in the log, and what must be known to go on from there without the entries before.
struct snapshot_mark {
  log_index index;  // 0: there is none
  term_number term;
  membership members;  // as of `index`
  log_index members_index;
  std::uint64_t checksum = 0;  // of the entry at `index`: the log's chain goes on from it
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.index, s.term, s.members, s.members_index, s.checksum);
  }
  bool operator==(const snapshot_mark&) const = default;
};

// One group's log, as it will be when what was given to the disk is durable. One owner.
class log_view {
public:
  virtual ~log_view() = default;
  // The first entry that is held, and the last; `first` is one past `last` when none is.
  [[nodiscard]] virtual log_index first() const = 0;
  [[nodiscard]] virtual log_index last() const = 0;
  // 0 where there is no entry, but for the snapshot's own index.
  [[nodiscard]] virtual term_number term_at(log_index index) const = 0;
  // Entries from `from` to `to`, both held; fewer when they exceed `bytes`, but one at least. Errors: `io`,
  // `corrupt`: the replica must not go on.
  [[nodiscard]] virtual result<std::vector<replicated_entry>> entries(log_index from, log_index to,
                                                                      size_t bytes) const = 0;
  // The newest state that can be given to a follower that is too far behind.
  [[nodiscard]] virtual const snapshot_mark& snapshot() const = 0;
};

}  // namespace dip
