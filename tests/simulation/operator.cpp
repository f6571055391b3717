// The operator of the simulated cluster: who are members, who leads, and what must be true in the end.
#include <algorithm>

#include "tests/simulation/cluster.hpp"

namespace dip::simulation {

using namespace consensus;

void cluster::operate() {
  if (!world_.faults) return;
  for (int g = 0; g < world_.how.groups; ++g) {
    const partition_id p{static_cast<std::uint16_t>(g)};
    if (world_.how.change_members && world_.chance.one_in(8)) choose_members(p);
    for (const auto& m : machines_) {
      auto* r = m->find(p);
      if (r == nullptr || !r->leads()) continue;
      m->enter([&] {
        if (world_.how.transfer && world_.chance.one_in(10))
          r->transfer({});
        else
          step_towards(p, *r);
      });
    }
  }
  world_.time.after(world_.chance.between(50, 600), [this] { operate(); });
}

// Under this name there is still the replica that had it: it was not damaged.
bool cluster::is_itself(node_id id) const {
  const auto& m = *machines_[static_cast<size_t>(machine_of(id) - 1)];
  return m.id() == id && !m.is_damaged();
}

void cluster::choose_members(partition_id p) {
  auto& wanted = wanted_.at(p.value);
  const int other = world_.chance.between(1, machine_count);
  const auto it = std::find(wanted.begin(), wanted.end(), other);
  if (it == wanted.end() && wanted.size() < 7) {
    wanted.push_back(other);
    machines_[static_cast<size_t>(other - 1)]->power_on();
  } else if (it != wanted.end() && wanted.size() > 1) {
    wanted.erase(it);
  }
}

// One step: a learner that has caught up becomes a voter; who is no longer wanted, or has come back under
// another name, goes; who is missing comes, as a learner.
void cluster::step_towards(partition_id p, watched_replica& leader) {
  if (leader.core().changing()) return;
  const auto members = leader.core().members();
  const auto& wanted = wanted_.at(p.value);
  // Who is lost goes first: as long as it counts, no other can be spared.
  for (const auto& m : members.members)
    if (!is_itself(m.id)) return leader.change(members.without(m.id));
  for (const auto& m : members.members) {
    if (std::find(wanted.begin(), wanted.end(), machine_of(m.id)) != wanted.end()) continue;
    if (m.id == leader.core_id()) return leader.transfer({});
    return leader.change(members.without(m.id));
  }
  for (const auto& m : members.members) {
    if (m.role == member_role::voter) continue;
    if (leader.core().caught_up(m.id) == catch_up_state::finished)
      return leader.change(members.with(m.id, member_role::voter));
    return leader.catch_up(m.id);
  }
  for (const auto number : wanted) {
    const auto id = machines_[static_cast<size_t>(number - 1)]->id();
    if (!members.role_of(id)) return leader.change(members.with(id, member_role::learner));
  }
}

void cluster::heal() {
  world_.line([] { return "healed"; });
  world_.faults = false;
  world_.how.failed_write = 0;
  world_.links.behave();
  lose_one_for_good();
  for (const auto& m : machines_) {
    const bool known = std::any_of(wanted_.begin(), wanted_.end(), [&](const auto& w) {
      return std::find(w.begin(), w.end(), m->number()) != w.end();
    });
    m->pause(0);
    if (m->number() != lost_ && (known || m->was_on())) m->power_on();
  }
}

// Only where the others can do without: its loss is what replicas are for.
void cluster::lose_one_for_good() {
  if (!world_.how.lose_one_for_good) return;
  std::vector<int> candidates;
  for (const auto& m : machines_) candidates.push_back(m->number());
  for (int g = 0; g < world_.how.groups; ++g) {
    auto* leader = newest_leader({static_cast<std::uint16_t>(g)});
    if (leader == nullptr || !leader->own_members_committed()) return;
    const auto members = leader->core().members();
    if (members.voters().size() < 3) return;
    // With a replica that was damaged still among the voters, one more is too many.
    for (const auto v : members.voters())
      if (!is_itself(v)) return;
    for (const auto& m : machines_)
      if (auto* r = m->find({static_cast<std::uint16_t>(g)}); r != nullptr && members.role_of(m->id()))
        if (r->core().members() != members) return;
  }
  lost_ = world_.chance.pick(candidates);
  machines_[static_cast<size_t>(lost_ - 1)]->power_off();
  ++world_.counts["machines lost for good"];
}

bool cluster::progresses(const std::vector<std::uint64_t>& before) const {
  for (size_t g = 0; g < before.size(); ++g)
    if (world_.books[g].acknowledged() <= before[g]) return false;
  return true;
}

bool cluster::converged() {
  for (int g = 0; g < world_.how.groups; ++g) {
    const partition_id p{static_cast<std::uint16_t>(g)};
    auto* leader = newest_leader(p);
    if (leader == nullptr) return false;
    for (const auto& m : leader->core().members().members) {
      auto& home = *machines_[static_cast<size_t>(machine_of(m.id) - 1)];
      auto* r = home.find(p);
      if (r == nullptr || home.id() != m.id) continue;
      // A window of a few entries cannot keep up with the clients; it must move all the same.
      const std::uint64_t allowed = world_.how.core.max_inflight >= 32 ? 200 : 100'000;
      if (r->applied().value + allowed < leader->applied().value) return false;
    }
  }
  return true;
}

std::string cluster::situation() {
  std::string out;
  for (const auto& m : machines_)
    for (int g = 0; g < world_.how.groups; ++g)
      if (auto* r = m->find({static_cast<std::uint16_t>(g)}); r != nullptr)
        out += "\n  " + std::to_string(m->id().value) + " group " + std::to_string(g) +
               (r->leads() ? " leads" : "") + " term " + std::to_string(r->core().term().value) + " last " +
               std::to_string(r->log().last().value) + "^" +
               std::to_string(r->log().term_at(r->log().last()).value) + " commit " +
               std::to_string(r->core().commit().value) + " applied " + std::to_string(r->applied().value) +
               " snapshot " + std::to_string(r->log().snapshot().index.value) + " members " +
               dip::to_string(r->core().members());
  return out;
}

}  // namespace dip::simulation
