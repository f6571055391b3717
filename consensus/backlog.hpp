// What a leader has taken and not yet committed.
#pragma once

#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "core/log_view.hpp"

namespace dip::consensus {

// One owner.
class backlog {
public:
  void clear() {
    taken_.clear();
    bytes_ = 0;
  }
  void add(log_index first, const std::vector<replicated_entry>& entries) {
    for (const auto& e : entries) {
      taken_.emplace_back(first, e.payload.size());
      bytes_ += e.payload.size();
      ++first.value;
    }
  }
  void committed(log_index up_to) {
    for (; !taken_.empty() && taken_.front().first <= up_to; taken_.pop_front())
      bytes_ -= taken_.front().second;
  }
  [[nodiscard]] size_t entries() const { return taken_.size(); }
  [[nodiscard]] size_t bytes() const { return bytes_; }

private:
  std::deque<std::pair<log_index, size_t>> taken_;
  size_t bytes_ = 0;
};

}  // namespace dip::consensus
