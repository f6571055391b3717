#include "actors/group_keeper.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

namespace dip {
namespace {

using step = std::optional<group_step>;

std::string name_of(const group_picture& g, node_id id) {
  const auto node = g.node_of(id);
  return node.empty() ? "an unknown replica" : node;
}

step change(membership to, std::string why) {
  return group_step{group_step::kind::change, std::move(to), {}, std::move(why)};
}

// The names in Raft of the nodes that should keep the partition, as far as they have said them.
std::set<node_id> wanted_ids(const group_picture& g, bool& all_known) {
  std::set<node_id> out;
  all_known = true;
  for (const auto& node : g.wanted.replicas)
    if (const auto id = g.raft_name_of(node))
      out.insert(*id);
    else
      all_known = false;
  return out;
}

// The node has come back under another name: whoever had the old one has forgotten what it promised.
bool is_given_up(const group_picture& g, node_id id) {
  const auto node = g.node_of(id);
  if (node.empty()) return false;
  const auto now = g.raft_name_of(node);
  return now && *now != id;
}

step remove_given_up(const group_picture& g) {
  for (const auto& m : g.members.members)
    if (m.id != g.self && is_given_up(g, m.id))
      return change(g.members.without(m.id), name_of(g, m.id) + " has come back as another replica");
  return std::nullopt;
}

step bring_in(const group_picture& g, const std::set<node_id>& wanted) {
  for (const auto id : wanted) {
    const auto role = g.members.role_of(id);
    if (!role) return change(g.members.with(id, member_role::learner), name_of(g, id) + " is to keep a copy");
    if (*role == member_role::voter) continue;
    if (g.caught_up(id))
      return change(g.members.with(id, member_role::voter), name_of(g, id) + " has caught up");
    return group_step{group_step::kind::catch_up, {}, id, {}};
  }
  return std::nullopt;
}

// Whoever leaves goes last: there are never fewer copies than there should be.
step let_go(const group_picture& g, const std::set<node_id>& wanted) {
  for (const auto& m : g.members.members)
    if (!wanted.contains(m.id) && m.id != g.self)
      return change(g.members.without(m.id), name_of(g, m.id) + " is not to keep a copy any more");
  return std::nullopt;
}

step hand_over(const group_picture& g, const std::set<node_id>& wanted) {
  const auto may_lead = [&](node_id id) {
    return id != g.self && g.members.is_voter(id) && g.able(g.node_of(id)) && g.is_close(id);
  };
  const auto to = [](node_id id, std::string why) {
    return group_step{group_step::kind::transfer, {}, id, std::move(why)};
  };
  const auto preferred = g.raft_name_of(g.wanted.leader);
  if (preferred && may_lead(*preferred)) return to(*preferred, g.wanted.leader + " is to lead");
  if (!g.to_follow && wanted.contains(g.self)) return std::nullopt;
  for (const auto id : g.members.voters())
    if (may_lead(id)) return to(id, "this node is to lead no longer");
  return std::nullopt;
}

}  // namespace

bool is_settled(const group_picture& g) {
  bool all_known = false;
  const auto wanted = wanted_ids(g, all_known);
  return all_known && g.members == make_membership({wanted.begin(), wanted.end()});
}

result<membership> who_is_left(const group_picture& g, const std::vector<std::string>& nodes,
                               const std::function<bool(const std::string&)>& reachable, bool empty) {
  std::set<node_id> there{g.self};
  for (const auto& node : nodes) {
    const auto id = g.raft_name_of(node);
    if (id == g.self) continue;
    if (!id || !reachable(node))
      return fail(errc::conflict, node + " is in cluster.conf and cannot be reached");
    there.insert(*id);
  }
  if (g.members.members.empty() != empty)
    return fail(errc::conflict, empty ? "this node has a copy of it" : "this node has no copy of it");
  const auto voters = g.members.voters();
  const auto alive = std::ranges::count_if(voters, [&](node_id v) { return there.contains(v); });
  if (!empty && static_cast<size_t>(alive) >= g.members.majority())
    return fail(errc::conflict, "a majority of its copies is there");
  auto left = g.members;
  std::erase_if(left.members, [&](const auto& m) { return !there.contains(m.id); });
  return left.with(g.self, member_role::voter);
}

std::optional<group_step> next_step(const group_picture& g) {
  bool all_known = false;
  const auto wanted = wanted_ids(g, all_known);
  if (!g.changing) {
    if (auto s = remove_given_up(g)) return s;
    if (auto s = bring_in(g, wanted)) return s;
    if (all_known)
      if (auto s = let_go(g, wanted)) return s;
  }
  return hand_over(g, wanted);
}

}  // namespace dip
