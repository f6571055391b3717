#include "core/introspection.hpp"

namespace dip {

std::string_view to_string(actor_state s) {
  switch (s) {
    case actor_state::idle: return "idle";
    case actor_state::busy: return "busy";
    case actor_state::stuck: return "stuck";
    case actor_state::backoff: return "backoff";
    case actor_state::dead: return "dead";
  }
  return "unknown";
}

}  // namespace dip
