// `dip cluster recover`: a cluster goes on without nodes that are lost for good, and without what only they
// had.
#pragma once

#include <string>
#include <vector>

#include "runtime/cluster_launch.hpp"

namespace dip {

struct recover_options {
  std::vector<std::string> urls;  // whom to ask; empty: the nodes of the file
  bool dry_run = false;
  bool yes = false;  // nobody is asked
  milliseconds within{};
};

// The lost nodes are those that are not in `conf` any more. Starts and reloads the others, and where a
// partition has no majority among them makes the copy that goes furthest its truth. Says first what that is.
// The exit code.
[[nodiscard]] int recover_lost(const config& conf, const cluster_launch& all, const recover_options& options);

}  // namespace dip
