#include "consensus/reads.hpp"

#include <algorithm>

namespace dip::consensus {

std::vector<std::uint64_t> reads::clear() {
  std::vector<std::uint64_t> given_up;
  for (const auto& r : waiting_) given_up.push_back(r.id);
  waiting_.clear();
  acknowledged_.clear();
  return given_up;
}

std::uint64_t reads::add() {
  waiting_.push_back({++named_, 0, {}});
  return named_;
}

bool reads::begin_round(log_index commit) {
  if (waiting_.empty() || waiting_.front().round != 0) return false;  // one at a time
  bool begun = false;
  for (auto& r : waiting_) {
    if (r.round != 0) continue;
    if (!begun) ++round_;
    begun = true;
    r.round = round_;
    r.index = commit;
  }
  return begun;
}

void reads::acknowledged(node_id by, std::uint64_t round) {
  auto& highest = acknowledged_[by];
  highest = std::max(highest, round);
}

std::vector<confirmed_read> reads::take_confirmed(const membership& members, node_id self) {
  std::vector<confirmed_read> out;
  const auto voters = members.voters();
  const auto confirmed = [&](std::uint64_t round) {
    const auto yes = std::count_if(voters.begin(), voters.end(), [&](node_id v) {
      const auto it = acknowledged_.find(v);
      return v == self || (it != acknowledged_.end() && it->second >= round);
    });
    return static_cast<size_t>(yes) >= members.majority();
  };
  while (!waiting_.empty() && waiting_.front().round != 0 && confirmed(waiting_.front().round)) {
    out.push_back({waiting_.front().id, waiting_.front().index});
    waiting_.pop_front();
  }
  return out;
}

}  // namespace dip::consensus
