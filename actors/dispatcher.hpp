#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>

#include "actors/base.hpp"
#include "actors/environment.hpp"
#include "actors/interfaces.hpp"

namespace dip {

// Holds the node's free workers and the slots, and leases work for them: the later stage first, one queue at
// a time, never more than there are free workers and slots. So no mailbox grows with the load: what waits,
// waits in its queue.
struct dispatcher_state {
  static inline const char* name = "dispatcher";
  struct worker_seat {
    worker_actor handle;
    queue_name queue = queue_name::request;
    bool busy = false;
    bool slow = false;  // with a giant, which takes from the slow lane
  };
  std::map<std::uint64_t, worker_seat> workers;  // by actor id
  // Partitions that said that a queue has something; the next one to be asked comes after the last.
  std::array<std::set<partition_id>, queue_count> hints;
  std::array<partition_id, queue_count> last{};
  std::array<bool, queue_count> asking{};  // a lease request of this queue's is out
  std::optional<caf::typed_response_promise<bool>> draining;
};

// `slots`: how many images may be worked on at a time, by both stages together.
dispatcher_actor::behavior_type dispatcher(counted_actor<dispatcher_actor, dispatcher_state>* self,
                                           const environment* env, std::uint32_t slots);

}  // namespace dip
