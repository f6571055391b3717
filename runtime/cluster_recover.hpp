// `dip cluster recover`: a cluster goes on without nodes that are lost for good, and without what only they
// had.
#pragma once

#include "runtime/cluster_talk.hpp"

namespace dip {

// The lost nodes are those that are not in `conf` any more. Starts and reloads the others, and where a
// partition has no majority among them makes the copy that goes furthest its truth. Says first what that is.
// The exit code.
[[nodiscard]] int recover_lost(const config& conf, const cluster_launch& all, const change_options& options);

}  // namespace dip
