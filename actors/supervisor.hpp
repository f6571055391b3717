#pragma once

#include <string>
#include <vector>

#include "actors/base.hpp"
#include "actors/environment.hpp"
#include "actors/interfaces.hpp"
#include "actors/supervision.hpp"

namespace dip {

// Keeps its children alive. When one goes down more often than the restart intensity allows, the supervisor
// itself goes down with an error and takes the others along.
struct supervisor_state {
  static inline const char* name = "supervisor";
  children kids;
};

supervisor_actor::behavior_type supervisor(counted_actor<supervisor_actor, supervisor_state>* self,
                                           std::string name, std::vector<child_spec> specs,
                                           const environment* env, restart_config config);

}  // namespace dip
