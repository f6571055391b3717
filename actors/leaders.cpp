#include "actors/leaders.hpp"

#include <utility>

namespace dip {

leaders::leaders(std::string here, std::uint16_t partitions) : here_(std::move(here)), places_(partitions) {}

void leaders::met(const std::string& node, node_id as, bool to_follow) {
  const std::lock_guard lock{mutex_};
  names_[node] = {as, to_follow};
  nodes_[as] = node;
}

std::uint64_t leaders::term(partition_id p) const {
  const std::lock_guard lock{mutex_};
  return places_.at(p.value).term;
}

void leaders::heard(partition_id p, node_id leader, std::uint64_t term) {
  const std::lock_guard lock{mutex_};
  auto& k = places_.at(p.value);
  k.by_replica = leader;
  k.term = term;
  if (leader != node_id{}) k.by_hint.clear();
}

void leaders::hint(partition_id p, const std::string& node) {
  const std::lock_guard lock{mutex_};
  places_.at(p.value).by_hint = node;
}

std::string leaders::of(partition_id p) const {
  const std::lock_guard lock{mutex_};
  const auto& k = places_.at(p.value);
  if (k.by_replica != node_id{})
    if (const auto it = nodes_.find(k.by_replica); it != nodes_.end()) return it->second;
  return k.by_hint;
}

std::string leaders::node_of(node_id as) const {
  const std::lock_guard lock{mutex_};
  const auto it = nodes_.find(as);
  return it == nodes_.end() ? std::string{} : it->second;
}

std::optional<node_id> leaders::raft_name_of(const std::string& node) const {
  const std::lock_guard lock{mutex_};
  const auto it = names_.find(node);
  if (it == names_.end()) return std::nullopt;
  return it->second.as;
}

void leaders::describe(partition_id p, copy own) {
  const std::lock_guard lock{mutex_};
  places_.at(p.value).own = std::move(own);
}

leaders::copy leaders::described(partition_id p) const {
  const std::lock_guard lock{mutex_};
  return places_.at(p.value).own;
}

bool leaders::is_to_follow(const std::string& node) const {
  const std::lock_guard lock{mutex_};
  const auto it = names_.find(node);
  return it != names_.end() && it->second.to_follow;
}

void leaders::wish(partition_id p, const std::string& node, steady_time until) {
  const std::lock_guard lock{mutex_};
  auto& k = places_.at(p.value);
  k.wished = node;
  k.wished_until = until;
}

std::string leaders::wished(partition_id p, steady_time now) const {
  const std::lock_guard lock{mutex_};
  const auto& k = places_.at(p.value);
  return now < k.wished_until ? k.wished : std::string{};
}

}  // namespace dip
