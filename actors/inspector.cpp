#include "actors/inspector.hpp"

#include "actors/directory.hpp"
#include "actors/introspection.hpp"

namespace dip {
namespace {

using look_atom = caf::atom_constant<caf::atom("look")>;
using self_ptr = counted_actor<inspector_actor, inspector_state>*;

constexpr std::chrono::seconds every{1};
// Below a second, so that looks never overlap.
constexpr milliseconds patience{500};

void answered(self_ptr self, const environment* env) {
  auto& s = self->state;
  if (--s.waiting > 0) return;
  env->look->look(s.queues);
}

}  // namespace

inspector_actor::behavior_type inspector(self_ptr self, const environment* env) {
  self->label("inspector");
  self->delayed_send(self, every, look_atom::value);
  return {[=](look_atom) {
    self->delayed_send(self, every, look_atom::value);
    auto& s = self->state;
    s.queues.clear();
    const auto queues = env->where->queues();
    s.waiting = queues.size();
    if (queues.empty()) return env->look->look({});
    for (const auto& q : queues)
      self->request(q, patience, ask_figures{})
          .then(
              [=](const queue_figures& f) {
                self->state.queues.push_back(f);
                answered(self, env);
              },
              [=](const caf::error&) { answered(self, env); });
  }};
}

}  // namespace dip
