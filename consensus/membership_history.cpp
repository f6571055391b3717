#include "consensus/membership_history.hpp"

#include <iterator>

namespace dip::consensus {

void membership_history::begin(const snapshot_mark& start) {
  first_ = {start.members_index, start.members};
  later_.clear();
}

void membership_history::advance(const snapshot_mark& start) {
  first_ = {start.members_index, start.members};
  later_.erase(later_.begin(), later_.upper_bound(start.index));
}

std::pair<log_index, membership> membership_history::at(log_index index) const {
  const auto it = later_.upper_bound(index);
  if (it == later_.begin()) return first_;
  return *std::prev(it);
}

const membership* membership_history::entry(log_index index) const {
  const auto it = later_.find(index);
  return it == later_.end() ? nullptr : &it->second;
}

std::map<log_index, membership> membership_history::between(log_index after, log_index up_to) const {
  return {later_.upper_bound(after), later_.upper_bound(up_to)};
}

}  // namespace dip::consensus
