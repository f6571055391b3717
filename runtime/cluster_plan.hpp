// What `dip cluster apply` will do: the cluster as it is against a cluster.conf. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/config.hpp"
#include "core/errc.hpp"

namespace dip {

// What GET /cluster says, as far as a change of the nodes is concerned.
struct cluster_now {
  struct node {
    std::string name, address, of;  // `of`: roster.hpp, `node_list::id`; empty: alone, or not up
    bool up = false, settled = false;
    std::uint64_t partitions = 0, files = 0;  // that it lacks
  };
  struct replica {
    std::string node;
    bool up = false;
    std::uint64_t lag = 0;
    std::uint64_t log_term = 0, log_index = 0;  // of its last entry; 0: it has none, or is not up
  };
  struct partition {
    std::string leader;  // empty: none
    std::uint64_t term = 0;
    std::vector<replica> replicas;
  };
  std::vector<node> nodes;
  std::vector<partition> partitions;
};

// `corrupt` for what no node says.
[[nodiscard]] result<cluster_now> parse_cluster(const nlohmann::json& said);

struct cluster_plan {
  std::vector<std::string> added, removed;
  std::uint16_t replicas = 0;
  size_t partitions = 0;  // of the cluster
  size_t moved = 0;       // of those, the ones that get other replicas
  size_t copies = 0;      // that are made
  size_t leaders = 0;     // that go to another node
  std::string of;         // roster.hpp, `node_list::id`: what the nodes will go by
};

// Errors: `bad_request`, with a sentence, for what cannot be done while the cluster runs.
[[nodiscard]] result<cluster_plan> plan_change(const cluster_now& now, const config& conf);
// Lines.
[[nodiscard]] std::string to_text(const cluster_plan& plan);
// What is not yet as it is planned, as a line; empty: all is.
[[nodiscard]] std::string what_is_left(const cluster_now& now, const cluster_plan& plan, const config& conf);

// What `dip cluster recover` will do about partitions that have lost their majority.
struct recovery {
  struct step {
    std::uint16_t partition = 0;
    std::string node;  // whose copy is the truth from then on, in `term`
    std::uint64_t term = 0;
    bool empty = false;  // no copy is left
    std::uint64_t log_index = 0;
  };
  std::vector<step> steps;
};

// For each partition without a leader, the copy that goes furthest, of the nodes that are in the file.
[[nodiscard]] recovery plan_recovery(const cluster_now& now, const config& conf);
// Lines.
[[nodiscard]] std::string to_text(const recovery& r);

}  // namespace dip
