#pragma once

#include <memory>
#include <optional>
#include <string>

#include "actors/base.hpp"
#include "actors/environment.hpp"
#include "actors/interfaces.hpp"
#include "actors/stage.hpp"

namespace dip {

// One worker loop for every stage: a message is leased to it, its stage runs on a thread, the lease is
// renewed meanwhile for as long as the stage may take, the outcome is published or the message given back,
// and the dispatcher hears that it is free. When the dispatcher goes down, what is under way goes on, and the
// next one hears of it.
struct worker_state {
  static inline const char* name = "worker";
  std::optional<leased_work> current;
  std::shared_ptr<stage_outcome> outcome;  // from the stage's thread, before `done`
  std::uint64_t epoch = 0;
  steady_time began{};  // of `current`
};

// `slot` names it for people: "preprocessor/1".
worker_actor::behavior_type worker(counted_actor<worker_actor, worker_state>* self, const environment* env,
                                   job_threads* threads, stage* work, queue_name queue, std::string slot);

}  // namespace dip
