#include <caf/all.hpp>

#include "actors/link.hpp"

namespace dip {

router_actor::behavior_type router(counted_actor<router_actor, router_state>* self,
                                   const link_environment* env) {
  self->label("router");
  return {[=](hello_atom, const std::string& bytes, const caf::actor& whom) {
    const auto said = parse_hello(bytes);
    if (!said || !whom) return self->counters()->set_last_error("a hello that cannot be read");
    // Handed on: only the link knows whether it has a session already.
    if (const auto h = env->all->find(said->from)) return self->send(*h, hello_atom::value, bytes, whom);
    // Its link is being made again: the other asks once more when it has waited long enough.
    if (env->all->expects(said->from)) return;
    auto why = why_not(env->self, *said);
    if (!why) why = env->self.from + " knows no node " + said->from + ": it is not in its cluster.conf";
    self->counters()->set_last_error(*why);
    self->send(caf::actor_cast<far_link_actor>(whom), refused_atom::value,
               encode(refusal{said->session, *why}));
  }};
}

}  // namespace dip
