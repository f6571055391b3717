// One call on its way to a partition's leader, wherever it is.
#pragma once

#include <cstddef>

#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

#include "actors/environment.hpp"
#include "actors/messages.hpp"

namespace dip {

using errand_actor = caf::typed_actor<caf::replies_to<far_call>::with<answer>,
                                      // Time to look for the leader again; sent by itself.
                                      caf::reacts_to<caf::atom_constant<caf::atom("again")>>>;

struct errand_state {
  static inline const char* name = "errand";
  far_call call;
  caf::typed_response_promise<answer> promise;
  steady_time until{};
  size_t tries = 0;
  bool doubtful = false;  // an earlier try may have been taken
};

// Lives for one call. It is tried until a leader answers or the time is up, also when a try may have been
// taken: every entry is guarded by its token or its id, so that a second time changes nothing. An error that
// such a second time gave has `maybe_taken`.
errand_actor::behavior_type errand(errand_actor::stateful_pointer<errand_state> self, const environment* env);

}  // namespace dip
