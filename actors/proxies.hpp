// What stands on every node of a cluster for each partition, its topics and its queues: it carries what it
// gets to where the partition is led, also when that is here.
#pragma once

#include "actors/base.hpp"
#include "actors/environment.hpp"
#include "actors/interfaces.hpp"

namespace dip {

struct proxy_state {
  static inline const char* name = "proxy";
};

far_partition_actor::behavior_type partition_proxy(counted_actor<far_partition_actor, proxy_state>* self,
                                                   const environment* env, partition_id p);
far_topic_actor::behavior_type topic_proxy(counted_actor<far_topic_actor, proxy_state>* self,
                                           const environment* env, partition_id p, topic_name t);
// A call is tried once: whoever wanted work asks elsewhere, and a lease that nobody renews runs out.
far_queue_actor::behavior_type queue_proxy(counted_actor<far_queue_actor, proxy_state>* self,
                                           const environment* env, partition_id p, queue_name q);

}  // namespace dip
