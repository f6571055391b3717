// What object replication needs of a cluster whose nodes have links.
#pragma once

#include <functional>
#include <string>

#include <caf/fwd.hpp>

#include "actors/links.hpp"
#include "core/config.hpp"
#include "core/placement.hpp"
#include "runtime/object_replication.hpp"

namespace dip {

// The nodes of `conf` as seen from `self`: replicas as `place_of` says, ports of object channels by what the
// links have met. `system` and `all` outlive what it is given to.
[[nodiscard]] object_peers peers_over(caf::actor_system& system, const links& all, const config& conf,
                                      const std::string& self, bool tls,
                                      std::function<partition_place(partition_id)> place_of);

// Lets peers ask this node to fetch; before the first link is made. `here` outlives the links.
void answer_fetches(links& all, object_replication& here);

}  // namespace dip
