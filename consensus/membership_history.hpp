// The memberships of one log: that of its beginning, and those of its entries that change it.
#pragma once

#include <map>
#include <utility>

#include "core/log_view.hpp"

namespace dip::consensus {

// One owner.
class membership_history {
public:
  // Forgets everything; `start` is the state that the log goes on from.
  void begin(const snapshot_mark& start);
  void add(log_index at, membership members) { later_[at] = std::move(members); }
  void forget_from(log_index first) { later_.erase(later_.lower_bound(first), later_.end()); }
  // What is before `start` is not needed any more.
  void advance(const snapshot_mark& start);

  // The membership that holds at `index`, and where it began to.
  [[nodiscard]] std::pair<log_index, membership> at(log_index index) const;
  // Nullptr when the entry there is none.
  [[nodiscard]] const membership* entry(log_index index) const;
  // Those of (after, up_to].
  [[nodiscard]] std::map<log_index, membership> between(log_index after, log_index up_to) const;

private:
  std::pair<log_index, membership> first_;
  std::map<log_index, membership> later_;
};

}  // namespace dip::consensus
