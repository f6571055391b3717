#include "actors/supervisor.hpp"

namespace dip {

supervisor_actor::behavior_type supervisor(counted_actor<supervisor_actor, supervisor_state>* self,
                                           std::string name, std::vector<child_spec> specs,
                                           const environment* env, restart_config config) {
  self->label(std::move(name));
  self->state.kids.start(self, std::move(specs), env->time, config);
  return {[=](children::restart_atom, std::uint64_t index) { self->state.kids.again(self, index); }};
}

}  // namespace dip
