#pragma once

#include "actors/base.hpp"
#include "actors/environment.hpp"
#include "actors/interfaces.hpp"

namespace dip {

// A broadcaster: news goes to the partition's log first, and once committed to every subscriber: the topic's
// queue, and the relay of each node. Nobody is told of anything that is not durable.
struct topic_state {
  static inline const char* name = "topic";
  std::uint64_t published = 0;
};

topic_actor::behavior_type topic(counted_actor<topic_actor, topic_state>* self, const environment* env,
                                 partition_id p, topic_name name, partition_actor log);

}  // namespace dip
