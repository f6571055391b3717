#pragma once

#include <map>
#include <memory>

#include "actors/base.hpp"
#include "actors/environment.hpp"
#include "actors/interfaces.hpp"
#include "actors/supervision.hpp"

namespace dip {

// One Raft group on this node: owns the replica, so that log and tables are changed from one place. With one
// voter it leads at once: its topics and queues are awake. If it goes down they go with it, and all are made
// again from the tables.
struct partition_state {
  static inline const char* name = "partition";
  partition_state() = default;
  partition_state(const partition_state&) = delete;
  partition_state& operator=(const partition_state&) = delete;
  // CAF forgets promises: who waits is told that what came of the entry is not known.
  ~partition_state();
  std::unique_ptr<replica> log;
  std::map<log_index, caf::typed_response_promise<answer>> waiting;
  children kids;
};

partition_actor::behavior_type partition(counted_actor<partition_actor, partition_state>* self,
                                         const environment* env, partition_id p);

}  // namespace dip
