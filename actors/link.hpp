// The link to one peer: a thin skin over `connector` (how it comes up) and `exchange` (what passes over it).
#pragma once

#include <memory>
#include <string>

#include "actors/base.hpp"
#include "actors/links.hpp"
#include "core/clock.hpp"

namespace dip {

// What all links of a node share; outlives them.
struct link_environment {
  hello self;  // `from`, `cluster`, `start`, … of this node; `to` and `session` are empty
  const clock* time = nullptr;
  links* all = nullptr;
  bool tls = false;
  connector_config connecting;
  exchange_config exchanging;
};

struct peer_address {
  std::string name, host;
  std::uint16_t port = 0;
};

class link_body;

struct link_state {
  static inline const char* name = "link";
  link_state();
  link_state(const link_state&) = delete;
  link_state& operator=(const link_state&) = delete;
  ~link_state();  // all who wait for an answer get one
  std::unique_ptr<link_body> body;
};

// One per peer. Dials, or waits to be dialled, for ever; a peer that is gone is no error. Whoever sends
// through it keeps its handle as long as they like; the handle of the other end never leaves it.
link_actor::behavior_type link(counted_actor<link_actor, link_state>* self, const link_environment* env,
                               peer_address peer);

struct router_state {
  static inline const char* name = "router";
};

// Published at the node's port; one per node.
router_actor::behavior_type router(counted_actor<router_actor, router_state>* self,
                                   const link_environment* env);

}  // namespace dip
