// What a seed decides before anything runs: how large the cluster is, how bad its network and disks are,
// which faults there will be.
#pragma once

#include <cstdint>
#include <string>

#include "consensus/core.hpp"
#include "tests/simulation/dice.hpp"

namespace dip::simulation {

struct mix {
  std::uint64_t seed = 1;
  int machines = 3;  // that hold a replica at first
  int groups = 1;
  std::int64_t faults_ms = 20'000;
  std::int64_t calm_ms = 15'000;

  double loss = 0, doubled = 0;
  int latency_ms = 10;
  bool in_order = false;  // each link keeps its order, as a connection does
  int disk_ms = 10;
  bool early_send = true;  // messages do not wait for entries, only for term and vote
  double power_cut = 0;    // at each step of a replica
  double failed_write = 0;
  bool rocks = false;
  bool drifting_clocks = false;
  bool damage = false;  // disks that lose what they had confirmed
  bool change_members = true;
  bool transfer = true;
  bool snapshots = true;
  bool lose_one_for_good = false;  // one machine stays dead at the end

  int snapshot_every = 30;
  int trailing = 10;
  int chunk_bytes = 200;
  consensus::options core;
};

[[nodiscard]] mix make_mix(std::uint64_t seed);
[[nodiscard]] std::string to_string(const mix& m);

}  // namespace dip::simulation
