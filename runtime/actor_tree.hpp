// The supervision tree of a node:
//
//   node ─┬─ relay
//         ├─ inspector
//         ├─ proxies ────── one for each partition, topic and queue, in a cluster
//         ├─ partitions ─── partition 0 … n ─── (3 topics, 3 queues)
//         ├─ objects ────── scrubber
//         └─ workers ────── dispatcher, preprocessors, processors, notifiers
#pragma once

#include <cstdint>
#include <vector>

#include <caf/fwd.hpp>

#include "actors/environment.hpp"
#include "actors/request_watch.hpp"
#include "actors/stage.hpp"
#include "actors/supervision.hpp"

namespace dip {

// What the tree is made of; all outlives it.
struct tree_plan {
  std::uint32_t slots = 1;
  std::uint32_t preprocessors = 1;
  std::uint32_t processors = 1;
  std::uint32_t notifiers = 1;
  stage* preprocess = nullptr;
  stage* process = nullptr;
  stage* notify = nullptr;
  job_threads* image_threads = nullptr;
  job_threads* notify_threads = nullptr;
  job_threads* upkeep_threads = nullptr;
  request_watch* watch = nullptr;
  bool alone = true;  // there is one node; else links have supervisors of their own (runtime/peering.hpp)
};

// The root. Its end, unless asked for, is the node's.
[[nodiscard]] caf::actor spawn_tree(caf::actor_system& system, const environment* env, const tree_plan& plan);

}  // namespace dip
