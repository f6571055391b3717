// A cluster.conf with these nodes, each with a port for the others.
#pragma once

#include <string>
#include <vector>

#include "core/config.hpp"

namespace dip::test {

inline config some_nodes(const std::vector<std::string>& names, std::uint16_t replicas = 3) {
  auto c = default_config();
  c.cluster.replicas = replicas;
  c.nodes.clear();
  for (const auto& name : names) {
    node_config n;
    n.name = name;
    n.actors = static_cast<std::uint16_t>(4800 + name.back());
    c.nodes.push_back(n);
  }
  return c;
}

}  // namespace dip::test
