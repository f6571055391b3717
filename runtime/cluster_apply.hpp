// `dip cluster apply`: a cluster that runs becomes the one that cluster.conf has now.
#pragma once

#include <string>
#include <vector>

#include "runtime/cluster_launch.hpp"

namespace dip {

struct apply_options {
  std::vector<std::string> urls;  // whom to ask; empty: the nodes of the file
  bool dry_run = false;
  bool yes = false;  // nobody is asked
  milliseconds within{};
};

// Says what it will do, asks, does it, and shows how far it is. Stops removed nodes of this machine once
// nobody needs them. Interrupted or out of time, the cluster goes on by itself; the same command again
// watches it. The exit code.
[[nodiscard]] int apply_nodes(const config& conf, const cluster_launch& all, const apply_options& options);

}  // namespace dip
