#include "runtime/cluster_machines.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace dip;

namespace {

config nodes_at(const std::vector<std::pair<std::string, std::string>>& hosts) {
  auto c = default_config();
  c.nodes.clear();
  for (const auto& [host, ssh] : hosts) {
    node_config n;
    n.name = "n" + std::to_string(c.nodes.size() + 1);
    n.host = host;
    n.ssh = ssh;
    c.nodes.push_back(n);
  }
  return c;
}

}  // namespace

TEST_CASE("this machine has many names") {
  for (const char* host : {"localhost", "127.0.0.1", "127.8.9.1", "::1", "[::1]", "0.0.0.0", "::"}) {
    CAPTURE(host);
    CHECK(means_this_machine(host));
  }
  for (const char* host : {"10.0.0.1", "128.0.0.1", "fd00::1", "::2", "example.org", "1::1"}) {
    CAPTURE(host);
    CHECK_FALSE(means_this_machine(host));
  }
}

TEST_CASE("nodes are gathered by machine, this one first") {
  const auto conf = nodes_at(
      {{"10.0.0.2", ""}, {"127.0.0.1", ""}, {"10.0.0.3", "dip@b"}, {"10.0.0.2", ""}, {"10.0.0.1", ""}});
  CHECK(machines_of(conf, {"10.0.0.1"}) ==
        std::vector<cluster_machine>{{"", {"n2", "n5"}}, {"10.0.0.2", {"n1", "n4"}}, {"dip@b", {"n3"}}});
}

TEST_CASE("a node's own address makes it local although it has a way over ssh; loopback alone does not") {
  const auto conf = nodes_at({{"10.0.0.1", "dip@a"}, {"127.0.0.1", "me@localhost"}, {"fd00::7", ""}});
  CHECK(machines_of(conf, {"10.0.0.1"}) ==
        std::vector<cluster_machine>{{"", {"n1"}}, {"me@localhost", {"n2"}}, {"fd00::7", {"n3"}}});
}

TEST_CASE("this machine's hosts are found by their addresses") {
  const auto conf = nodes_at({{"192.0.2.1", ""}, {"127.0.0.1", ""}, {"no-such-host.invalid", ""}});
  CHECK(own_hosts(conf).empty());
}
