#include "storage/high_water_marks.hpp"

#include <algorithm>

namespace dip {

bool high_water_marks::before(const std::vector<log_change>& turn) {
  bool first = false;
  for (const auto& change : turn) {
    auto& mark = marks_.at(change.partition.value);
    const auto lower = [&](log_change::place to) {
      if (mark.index <= to.index) return;
      mark.index = to.index;
      mark.checksum = to.checksum;
      first = true;
    };
    if (change.kept) lower(*change.kept);
    if (change.installed) lower({});
    if (change.highest_term > mark.latest_term) {
      mark.latest_term = change.highest_term;
      first = true;
    }
  }
  return first;
}

void high_water_marks::after(const std::vector<log_change>& turn) {
  for (const auto& change : turn) {
    auto& mark = marks_.at(change.partition.value);
    if (change.last.index.value > 0) {
      mark.index = change.last.index;
      mark.checksum = change.last.checksum;
      late_ = true;
    }
    if (change.voted && change.voted->term > mark.term) {
      mark.term = change.voted->term;
      late_ = true;
    }
  }
}

}  // namespace dip
