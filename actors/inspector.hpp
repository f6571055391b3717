#pragma once

#include <cstddef>
#include <vector>

#include "actors/base.hpp"
#include "actors/environment.hpp"
#include "actors/interfaces.hpp"

namespace dip {

using inspector_actor = caf::typed_actor<caf::reacts_to<caf::atom_constant<caf::atom("look")>>>;

struct inspector_state {
  static inline const char* name = "inspector";
  std::vector<queue_figures> queues;  // of this look
  std::size_t waiting = 0;            // queues that have not answered yet
};

// Looks each second at this node's queues and at all that is counted, and tells `env->look`.
inspector_actor::behavior_type inspector(counted_actor<inspector_actor, inspector_state>* self,
                                         const environment* env);

}  // namespace dip
