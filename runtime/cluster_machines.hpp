// Which machine each node of a cluster.conf runs on, as seen from one of them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/config.hpp"

namespace dip {

struct cluster_machine {
  std::string ssh;                 // what ssh is given to get there; empty: this machine
  std::vector<std::string> nodes;  // in the order of the file

  [[nodiscard]] bool here() const { return ssh.empty(); }
  bool operator==(const cluster_machine&) const = default;
};

// "127.0.0.1", "localhost", "::1", "[::1]", and what means all addresses of a machine.
[[nodiscard]] bool means_this_machine(const std::string& host);

// This machine first, if it has any. A node is here if its host is loopback and it has no `ssh`, or if its
// host is one of `own`.
[[nodiscard]] std::vector<cluster_machine> machines_of(const config& conf, const std::set<std::string>& own);

// Those hosts of `conf` that are this machine: each is resolved, and held against the addresses of its
// interfaces.
[[nodiscard]] std::set<std::string> own_hosts(const config& conf);

}  // namespace dip
