// Linearizable reads without a write to the log (Raft dissertation, section 6.4). The leader notes its commit
// index, asks the voters whether it still leads, and when a majority has answered in its very term, every
// state at or beyond that index is recent enough.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "core/ids.hpp"
#include "core/membership.hpp"

namespace dip::consensus {

struct confirmed_read {
  std::uint64_t id = 0;
  log_index index;  // to be answered when this is applied
};

// Of one leadership. One owner.
class reads {
public:
  // A new leadership, or the end of one. Answers the reads that were given up.
  std::vector<std::uint64_t> clear();

  std::uint64_t add();
  [[nodiscard]] bool waiting() const { return !waiting_.empty(); }
  // A round of questions is out and not yet answered by enough.
  [[nodiscard]] bool asking() const { return waiting() && waiting_.front().round != 0; }

  // The commit index as of now, once an entry of the leader's own term is committed. Reads that have no index
  // yet get it, and the round of questions that they wait for. Answers whether a new round is to be sent.
  bool begin_round(log_index commit);
  [[nodiscard]] std::uint64_t round() const { return round_; }
  void acknowledged(node_id by, std::uint64_t round);
  // Those that a majority of `members` has confirmed, the leader counted when it is a voter.
  [[nodiscard]] std::vector<confirmed_read> take_confirmed(const membership& members, node_id self);

private:
  struct waiting_read {
    std::uint64_t id = 0;
    std::uint64_t round = 0;  // 0: not begun
    log_index index;
  };
  std::uint64_t named_ = 0;
  std::uint64_t round_ = 0;
  std::deque<waiting_read> waiting_;
  std::map<node_id, std::uint64_t> acknowledged_;
};

}  // namespace dip::consensus
