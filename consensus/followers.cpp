#include "consensus/followers.hpp"

#include <algorithm>
#include <functional>
#include <vector>

namespace dip::consensus {

void followers::begin(const membership& members, node_id self, log_index last, milliseconds now) {
  all_.clear();
  follow(members, self, last, now);
}

void followers::follow(const membership& members, node_id self, log_index last, milliseconds now) {
  std::erase_if(all_, [&](const auto& entry) { return !members.role_of(entry.first); });
  for (const auto& m : members.members) {
    if (m.id == self || all_.contains(m.id)) continue;
    follower fresh;
    fresh.next = {last.value + 1};
    fresh.heard = now;
    all_.emplace(m.id, fresh);
  }
}

follower* followers::find(node_id id) {
  const auto it = all_.find(id);
  return it == all_.end() ? nullptr : &it->second;
}

const follower* followers::find(node_id id) const {
  const auto it = all_.find(id);
  return it == all_.end() ? nullptr : &it->second;
}

log_index followers::majority_match(const membership& members, node_id self, log_index own) const {
  std::vector<log_index> matches;
  for (const auto v : members.voters()) {
    const auto* f = find(v);
    matches.push_back(v == self ? own : f == nullptr ? log_index{} : f->match);
  }
  if (matches.empty()) return {};
  std::sort(matches.begin(), matches.end(), std::greater<>{});
  return matches[members.majority() - 1];
}

bool followers::majority_heard(const membership& members, node_id self, milliseconds since) const {
  const auto voters = members.voters();
  const auto heard = std::count_if(voters.begin(), voters.end(), [&](node_id v) {
    const auto* f = find(v);
    return v == self || (f != nullptr && f->heard >= since);
  });
  return static_cast<size_t>(heard) >= members.majority();
}

}  // namespace dip::consensus
