// A node's place in the network of its cluster: CAF's network layer set up for links, and the port that the
// others find this node at.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "actors/link.hpp"
#include "actors/supervision.hpp"
#include "net/certificates.hpp"

namespace dip {

struct link_network_config {
  hello self;  // `cluster`, `from`, `start`, `objects`, and `speaks` unless it is this version's
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: one that the kernel picks
  std::vector<peer_address> peers;
  std::optional<net::node_credentials> tls;  // without: on loopback only
  connector_config connecting;
  exchange_config exchanging;
  // Of CAF's own connections: a frame at least so often, and none for so long is the end. The same on all
  // nodes.
  milliseconds heartbeat{1'000};
  milliseconds silence{5'000};
  // Two programs whose connections cannot even carry a hello have none of these in common.
  std::vector<std::string> connection_versions{"dip-link-1"};

  // A sentence for each thing that keeps the node from starting: TLS is missing where there is more than
  // loopback, or its files are not good (all are read and checked here, since CAF would end the process over
  // them at the first connection); peers without an address, twice, or of this node's name.
  [[nodiscard]] std::vector<std::string> validate() const;
};

// Sets up `system` before it is made. Only with a config that `validate` finds nothing wrong with.
void load_network(caf::actor_system_config& system, const link_network_config& c);

// Outlives the links; is closed before the actor system ends. Its owner's thread.
class link_network {
public:
  // `system` was made with `load_network` of the same config; `time` and `all` outlive this.
  link_network(caf::actor_system& system, link_network_config c, const clock* time, links& all);
  link_network(const link_network&) = delete;
  link_network& operator=(const link_network&) = delete;
  ~link_network();

  // Others than those of the config may introduce themselves from now on. Any thread.
  void expect(const std::vector<peer_address>& peers);
  // The link to a peer, to be put under a supervisor.
  [[nodiscard]] child_spec link_to(const peer_address& p) const;
  // One for each peer of the config.
  [[nodiscard]] std::vector<child_spec> links_of() const;
  // Opens the port, once the links are there; answers which one it is. Errors: `io`.
  result<std::uint16_t> open();
  // Closes it, and lets go of its actors; the links may still be ending.
  void close();

private:
  caf::actor_system& system_;
  link_network_config config_;
  link_environment env_;
  router_actor router_;
  std::uint16_t port_ = 0;
};

}  // namespace dip
