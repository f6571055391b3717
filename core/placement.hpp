// Which nodes replicate which partition, and which of them should lead it: a pure function of names.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "core/ids.hpp"

namespace dip {

struct partition_place {
  partition_id partition;
  std::vector<std::string> replicas;  // in the order of their names
  std::string leader;                 // one of them

  [[nodiscard]] bool is_kept_by(const std::string& node) const {
    return std::binary_search(replicas.begin(), replicas.end(), node);
  }
  bool operator==(const partition_place&) const = default;
};

// Rendezvous hashing (Thaler and Ravishankar, 1998) with even loads: of all nodes, the numbers of replicas
// differ by at most one, and the numbers of leaders too. Each partition has `replicas` of them, or as many as
// there are nodes. The order of `nodes` does not matter, and every version gives the same; when a node
// comes or goes, little more moves than has to. `nodes` are different, and at least one; `replicas` is 1 or
// more. Takes (partitions × nodes) steps and a few more: milliseconds, at most a second for 1,024 by 100.
[[nodiscard]] std::vector<partition_place> place_partitions(std::uint16_t partitions,
                                                            std::vector<std::string> nodes,
                                                            std::uint16_t replicas);

}  // namespace dip
