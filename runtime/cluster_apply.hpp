// `dip cluster apply`: a cluster that runs becomes the one that cluster.conf has now.
#pragma once

#include "runtime/cluster_talk.hpp"

namespace dip {

// Says what it will do, asks, does it, and shows how far it is. Stops removed nodes of this machine once
// nobody needs them. Interrupted or out of time, the cluster goes on by itself; the same command again
// watches it. The exit code.
[[nodiscard]] int apply_nodes(const config& conf, const cluster_launch& all, const change_options& options);

}  // namespace dip
