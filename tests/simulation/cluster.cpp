#include "tests/simulation/cluster.hpp"

#include <algorithm>
#include <numeric>

namespace dip::simulation {

using namespace consensus;

cluster::cluster(const mix& m, const std::string& directory, size_t keep_lines) : world_(m, keep_lines) {
  for (int i = 1; i <= machine_count; ++i) {
    machines_.push_back(std::make_unique<machine>(world_, i, directory));
    world_.machines[i] = machines_.back().get();
  }
}

void cluster::bootstrap() {
  std::vector<int> first(static_cast<size_t>(world_.how.machines));
  std::iota(first.begin(), first.end(), 1);
  wanted_.assign(static_cast<size_t>(world_.how.groups), first);
  std::vector<node_id> names;
  for (const auto i : first) names.push_back(name_of(i, 0));
  for (const auto i : first) {
    for (int g = 0; g < world_.how.groups; ++g) {
      const partition_id p{static_cast<std::uint16_t>(g)};
      auto log =
          replicated_log::open(machines_[static_cast<size_t>(i - 1)]->storage().kv(), p, std::nullopt, {});
      machines_[static_cast<size_t>(i - 1)]->storage().write_now((*log)->bootstrap(make_membership(names)));
    }
    machines_[static_cast<size_t>(i - 1)]->power_on();
  }
}

std::vector<watched_replica*> cluster::leaders(partition_id p) {
  std::vector<watched_replica*> out;
  for (const auto& m : machines_)
    if (auto* r = m->find(p); r != nullptr && r->leads()) out.push_back(r);
  return out;
}

watched_replica* cluster::newest_leader(partition_id p) {
  const auto all = leaders(p);
  const auto it = std::max_element(all.begin(), all.end(), [](watched_replica* a, watched_replica* b) {
    return a->core().term() < b->core().term();
  });
  return it == all.end() ? nullptr : *it;
}

std::vector<machine*> cluster::running() {
  std::vector<machine*> out;
  for (const auto& m : machines_)
    if (m->is_on()) out.push_back(m.get());
  return out;
}

// Everybody who believes to lead is asked: also those who are wrong.
void cluster::client() {
  for (int g = 0; g < world_.how.groups; ++g) {
    const partition_id p{static_cast<std::uint16_t>(g)};
    for (const auto& m : machines_) {
      auto* r = m->find(p);
      if (r == nullptr || !r->leads() || !world_.chance.chance(0.7)) continue;
      std::vector<std::string> commands;
      for (int i = world_.chance.between(0, 4); i > 0; --i)
        commands.push_back("r" + std::to_string(world_.chance.between(0, 15)) + "=" +
                           std::to_string(++commands_));
      const bool reads = world_.chance.one_in(3);
      m->enter([&] {
        if (!commands.empty()) r->propose(commands);
        if (reads) r->read();
      });
    }
  }
  world_.time.after(world_.chance.between(5, 120), [this] { client(); });
}

void cluster::fault() {
  if (!world_.faults) return;
  auto on = running();
  const auto any = [&]() -> machine& { return *world_.chance.pick(on); };
  switch (world_.chance.between(0, 11)) {
    case 0:
    case 1:
    case 2:
      if (!on.empty()) any().power_off_for_a_while();
      break;
    case 3:
      for (const auto& m : machines_)
        if (auto* r = m->find({0}); r != nullptr && r->leads()) m->power_off_for_a_while();
      break;
    case 4:
      if (world_.chance.one_in(3))
        for (auto* m : on) m->power_off_for_a_while();
      break;
    case 5:
      if (!on.empty()) any().pause(world_.chance.between(100, 3'000));
      break;
    case 6: damage_one(); break;
    case 7:
    case 8:
    case 9: {
      const auto form = world_.links.partition();
      ++world_.counts["partitions"];
      world_.line([&] { return form; });
      break;
    }
    default: world_.links.mend();
  }
  world_.time.after(world_.chance.between(100, 3'000), [this] { fault(); });
}

// Not before what the last one has cost is made good: else there may be no copy left of what was
// acknowledged.
bool cluster::may_damage() {
  if (!world_.how.damage) return false;
  for (int g = 0; g < world_.how.groups; ++g) {
    auto* leader = newest_leader({static_cast<std::uint16_t>(g)});
    if (leader == nullptr || !leader->own_members_committed()) return false;
    const auto members = leader->core().members();
    if (members.voters().size() < 3) return false;
    for (const auto v : members.voters())
      if (!is_itself(v)) return false;
  }
  return true;
}

void cluster::damage_one() {
  auto on = running();
  if (on.empty() || !may_damage()) return;
  auto& m = *world_.chance.pick(on);
  const partition_id p{static_cast<std::uint16_t>(world_.chance.between(0, world_.how.groups - 1))};
  m.power_off_for_a_while();
  m.damage(p);
}

std::string cluster::verdict(const std::string& otherwise) {
  for (size_t g = 0; g < world_.books.size(); ++g)
    if (!world_.books[g].violation().empty())
      return "group " + std::to_string(g) + ": " + world_.books[g].violation() + " at " +
             std::to_string(world_.time.now()) + " ms";
  return otherwise;
}

std::string cluster::run() {
  const auto sound = [this] { return world_.sound(); };
  bootstrap();
  world_.time.after(200, [this] { client(); });
  world_.time.after(2'500, [this] { operate(); });
  world_.time.after(3'000, [this] { fault(); });
  world_.time.run_until(world_.how.faults_ms, sound);
  if (!sound()) return verdict({});

  heal();
  constexpr std::int64_t patience = 60'000;
  std::vector<std::uint64_t> before;
  for (const auto& b : world_.books) before.push_back(b.acknowledged());
  const auto healed = world_.time.now();
  while (sound() && !progresses(before) && world_.time.now() < healed + patience)
    world_.time.run_until(world_.time.now() + 100, sound);
  if (!sound()) return verdict({});
  if (!progresses(before)) return "no progress within a minute of the healing:" + situation();
  world_.time.run_until(world_.time.now() + world_.how.calm_ms, sound);
  const auto calm = world_.time.now();
  while (sound() && !converged() && world_.time.now() < calm + patience)
    world_.time.run_until(world_.time.now() + 500, sound);
  if (sound() && !converged()) return "a replica does not follow:" + situation();
  return verdict({});
}

}  // namespace dip::simulation
