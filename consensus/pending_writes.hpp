// Appends that are on their way to the disk. One that a later truncation has overtaken must not be reported
// as durable up to its end: what stands there by then is something else.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "core/ids.hpp"

namespace dip::consensus {

// One owner.
class pending_writes {
public:
  // Entries up to `last` are being written. Answers the name of the write; they count up from 1.
  std::uint64_t add(log_index last) {
    waiting_.push_back({++named_, last});
    return named_;
  }
  // What is on its way from `first` on does not count any more.
  void overtake_from(log_index first) {
    for (auto& w : waiting_) w.valid_up_to = std::min(w.valid_up_to, log_index{first.value - 1});
  }
  // Writes up to `name` are done: how far the log is durable by them, 0 when they say nothing.
  log_index done(std::uint64_t name) {
    log_index reached;
    for (; !waiting_.empty() && waiting_.front().name <= name; waiting_.pop_front())
      reached = std::max(reached, waiting_.front().valid_up_to);
    return reached;
  }

private:
  struct write {
    std::uint64_t name = 0;
    log_index valid_up_to;
  };
  std::uint64_t named_ = 0;
  std::deque<write> waiting_;
};

}  // namespace dip::consensus
