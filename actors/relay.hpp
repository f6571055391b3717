#pragma once

#include "actors/base.hpp"
#include "actors/environment.hpp"
#include "actors/interfaces.hpp"
#include "actors/request_watch.hpp"

namespace dip {

// Takes in what the topics announce, once per node, and passes it to all who watch on this node.
struct relay_state {
  static inline const char* name = "relay";
};

relay_actor::behavior_type relay(counted_actor<relay_actor, relay_state>* self, const environment* env,
                                 request_watch* watch);

}  // namespace dip
