// What object replication needs of a cluster whose nodes have links.
#pragma once

#include <functional>
#include <string>

#include <caf/fwd.hpp>

#include "actors/links.hpp"
#include "runtime/object_replication.hpp"
#include "runtime/roster.hpp"

namespace dip {

// The nodes as seen from `self`: replicas by placement, ports of object channels by what the links have met.
// `system`, `all` and `nodes` outlive what it is given to.
[[nodiscard]] object_peers peers_over(caf::actor_system& system, const links& all, const roster& nodes,
                                      const std::string& self, bool tls);

// Lets peers ask this node to fetch; before the first link is made. `here` outlives the links.
void answer_fetches(links& all, object_replication& here);

}  // namespace dip
