#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "actors/base.hpp"
#include "actors/environment.hpp"
#include "actors/interfaces.hpp"
#include "actors/partition_replica.hpp"
#include "actors/posted_steps.hpp"
#include "actors/supervision.hpp"

namespace dip {

// One Raft group's replica on this node. While it leads, its topics and queues are awake, made from the
// tables; when it leads no longer they end. If it goes down they go with it, and all are made again.
struct partition_owner {
  static inline const char* name = "partition";
  partition_owner() = default;
  partition_owner(const partition_owner&) = delete;
  partition_owner& operator=(const partition_owner&) = delete;
  // CAF forgets promises: who waits is told that what came of the entry is not known.
  ~partition_owner();

  using promise = caf::typed_response_promise<answer>;
  std::shared_ptr<posted_steps> stored;
  std::unique_ptr<partition_replica> replica;  // not there: this node's seat is not known yet
  node_id as;
  std::map<partition_replica::place, promise> waiting;
  struct read_under_way {
    read_rows wanted;
    partition_owner::promise promise;
  };
  std::map<std::uint64_t, read_under_way> reading;
  std::optional<term_number> awake_in;  // the term in which the house was made
  children house;
  std::optional<milliseconds> armed;  // the next tick is due then
  std::uint64_t epoch = 0;            // of that tick
  log_index answered;                 // how far this replica has said last that it has its leader's log
};

partition_actor::behavior_type partition(counted_actor<partition_actor, partition_owner>* self,
                                         const environment* env, partition_id p);

}  // namespace dip
