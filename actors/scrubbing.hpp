#pragma once

#include "actors/base.hpp"
#include "actors/environment.hpp"
#include "actors/interfaces.hpp"

namespace dip {

// Looks after the object files: removes what the tables let go of, sweeps what no row speaks of, looks for
// what is not there, verifies the rest a little at a time, and has mended what other nodes still have.
// Blocking work runs on the threads given.
struct scrubber_state {
  static inline const char* name = "scrubber";
  std::uint64_t turn = 0;
};

scrubber_actor::behavior_type scrubbing(counted_actor<scrubber_actor, scrubber_state>* self,
                                        const environment* env, job_threads* threads);

}  // namespace dip
