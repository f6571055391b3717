// A whole cluster in one thread: machines, clients, an operator, and everything that can go wrong, from a
// seed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/machine.hpp"
#include "tests/simulation/watched_replica.hpp"
#include "tests/simulation/world.hpp"

namespace dip::simulation {

class cluster {
public:
  // With a directory RocksDB's files are put there. `keep_lines` of the trace are kept.
  cluster(const mix& m, const std::string& directory, size_t keep_lines);

  // Faults, then calm and recovery. Answers what was violated, or nothing.
  std::string run();
  [[nodiscard]] const world& what_was() const { return world_; }

private:
  void bootstrap();
  void client();
  void operate();
  void fault();

  [[nodiscard]] std::vector<watched_replica*> leaders(partition_id p);
  [[nodiscard]] watched_replica* newest_leader(partition_id p);
  [[nodiscard]] std::vector<machine*> running();

  [[nodiscard]] bool is_itself(node_id id) const;
  void choose_members(partition_id p);
  void step_towards(partition_id p, watched_replica& leader);
  void damage_one();
  [[nodiscard]] bool may_damage();

  void heal();
  void lose_one_for_good();
  [[nodiscard]] bool progresses(const std::vector<std::uint64_t>& before) const;
  [[nodiscard]] bool converged();
  std::string verdict(const std::string& otherwise);
  [[nodiscard]] std::string situation();

  world world_;
  std::vector<std::unique_ptr<machine>> machines_;
  std::vector<std::vector<int>> wanted_;  // machines of each group
  int lost_ = 0;                          // the one that stays off, or 0
  std::uint64_t commands_ = 0;
};

}  // namespace dip::simulation
