// What must hold at every step, seen from outside of all replicas of one group (Raft dissertation,
// figure 3.2, and what clients are promised). The first thing that does not is kept.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "consensus/message.hpp"
#include "core/log_view.hpp"

namespace dip::simulation {

class ledger {
public:
  // Election safety, and leader completeness: what was committed in earlier terms is in the log of who leads.
  void leads(node_id who, term_number term, const log_view& log);
  // One vote a term.
  void votes(node_id who, term_number term, node_id for_whom);
  // Log matching: index and term name one entry, and one entry before it.
  void appends(node_id who, log_index at, const replicated_entry& entry, term_number before);
  // State machine safety; `state` is the hash of the state afterwards, `now` the replica's term.
  void applies(node_id who, log_index at, const replicated_entry& entry, std::uint64_t state,
               term_number now);
  void installs(node_id who, log_index at, term_number term, std::uint64_t state);
  // A client was told yes; it had asked when `floor()` was `floor_then`.
  void acknowledges(log_index at, log_index floor_then);
  // A client was answered from the state at `at`.
  void answers(log_index at, log_index floor_then);
  // What no later answer may be older than.
  [[nodiscard]] log_index floor() const { return floor_; }

  void violated(const std::string& what) {
    if (violation_.empty()) violation_ = what;
  }
  [[nodiscard]] const std::string& violation() const { return violation_; }
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
  [[nodiscard]] std::uint64_t answered() const { return answered_; }
  [[nodiscard]] std::uint64_t elections() const { return leaders_.size(); }
  [[nodiscard]] log_index applied() const {
    return applied_.empty() ? log_index{} : applied_.rbegin()->first;
  }

private:
  struct applied_entry {
    term_number term;
    std::uint64_t content = 0;
    std::uint64_t state = 0;
    term_number applied_in;
  };
  std::map<term_number, node_id> leaders_;
  std::map<std::pair<node_id, term_number>, node_id> votes_;
  std::map<std::pair<log_index, term_number>, std::pair<std::uint64_t, term_number>> appended_;
  std::map<log_index, applied_entry> applied_;
  log_index floor_;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t answered_ = 0;
  std::string violation_;
};

[[nodiscard]] std::uint64_t hash_of(const replicated_entry& entry);
[[nodiscard]] std::uint64_t mixed(std::uint64_t state, std::uint64_t more);

}  // namespace dip::simulation
