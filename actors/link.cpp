#include "actors/link.hpp"

#include <utility>

#include "actors/link_body.hpp"

namespace dip {

link_state::link_state() = default;
link_state::~link_state() = default;

link_actor::behavior_type link(counted_actor<link_actor, link_state>* self, const link_environment* env,
                               peer_address peer) {
  self->label("link/" + peer.name);
  self->state.body = std::make_unique<link_body>(self, env, std::move(peer));
  auto* body = self->state.body.get();
  self->set_down_handler([=](caf::down_msg& down) { body->fell(down); });
  body->begin();
  return {
      [=](welcome_atom, const std::string& bytes, const caf::actor& whom) { body->welcomed(bytes, whom); },
      [=](refused_atom, const std::string& bytes) { body->turned_down(bytes); },
      [=](wire_atom, const std::string& bytes) { body->received(bytes); },
      [=](const link_post& m) { body->post(m); },
      [=](const link_request& m) { return body->ask(m); },
      [=](const link_answer& a) { body->answer(a); },
      [=](hello_atom, const std::string& bytes, const caf::actor& whom) { body->greeted(bytes, whom); },
      [=](wake_atom, std::int64_t when) { body->wake(when); },
      [=](look_atom, std::uint64_t attempt, std::int64_t waited) { body->look(attempt, waited); },
  };
}

}  // namespace dip
