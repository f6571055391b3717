#include "actors/link_network.hpp"

#include <set>
#include <utility>

#include <caf/all.hpp>
#include <caf/io/all.hpp>
#include <caf/openssl/all.hpp>

#include "core/ip_address.hpp"
#include "net/tls_calls.hpp"

namespace dip {
namespace {

caf::timespan span(milliseconds t) { return caf::timespan{t}; }

}  // namespace

std::vector<std::string> link_network_config::validate() const {
  std::vector<std::string> wrong;
  std::set<std::string> names{self.from};
  std::string abroad = is_loopback_host(host) ? "" : host;
  for (const auto& p : peers) {
    if (p.name.empty() || p.host.empty() || p.port == 0)
      wrong.push_back("the node \"" + p.name + "\" has no address for the others: host and actors");
    else if (!names.insert(p.name).second)
      wrong.push_back("two nodes are called \"" + p.name + "\"");
    if (abroad.empty() && !is_loopback_host(p.host)) abroad = p.host;
  }
  if (!tls && !abroad.empty())
    wrong.push_back("nodes that reach each other at " + abroad +
                    " need certificates: without them anybody there could give orders to this node");
  if (tls && !net::tls_calls_are_ours())
    wrong.emplace_back("this program does not look after the calls that CAF makes to OpenSSL");
  if (tls)
    for (auto& line : net::check_credentials(*tls)) wrong.push_back(std::move(line));
  return wrong;
}

void load_network(caf::actor_system_config& system, const link_network_config& c) {
  system.load<caf::io::middleman>();
  if (c.tls) {
    system.load<caf::openssl::manager>();
    system.openssl_certificate = c.tls->certificate;
    system.openssl_key = c.tls->key;
    system.openssl_cafile = c.tls->authority;
  }
  // It would open a second port, without TLS, on all interfaces.
  system.set("middleman.enable-automatic-connections", false);
  system.set("middleman.heartbeat-interval", span(c.heartbeat));
  system.set("middleman.connection-timeout", span(c.silence));
  system.set("middleman.app-identifiers", c.connection_versions);
}

link_network::link_network(caf::actor_system& system, link_network_config c, const clock* time, links& all)
    : system_(system), config_(std::move(c)) {
  env_.self = config_.self;
  env_.time = time;
  env_.all = &all;
  env_.tls = config_.tls.has_value();
  env_.connecting = config_.connecting;
  env_.exchanging = config_.exchanging;
  expect(config_.peers);
}

void link_network::expect(const std::vector<peer_address>& peers) {
  std::set<std::string> names;
  for (const auto& p : peers) names.insert(p.name);
  env_.all->expect(std::move(names));
}

child_spec link_network::link_to(const peer_address& p) const {
  return {"link/" + p.name, [this, p](caf::local_actor* parent) {
            return caf::actor_cast<caf::actor>(parent->spawn(link, &env_, p));
          }};
}

std::vector<child_spec> link_network::links_of() const {
  std::vector<child_spec> out;
  for (const auto& p : config_.peers) out.push_back(link_to(p));
  return out;
}

result<std::uint16_t> link_network::open() {
  router_ = system_.spawn(router, &env_);
  const auto bound = env_.tls ? caf::openssl::publish(router_, config_.port, config_.host.c_str(), true)
                              : caf::io::publish(router_, config_.port, config_.host.c_str(), true);
  if (!bound)
    return fail(errc::io, "the port for the other nodes, " + config_.host + ":" +
                              std::to_string(config_.port) +
                              ", cannot be opened: " + system_.render(bound.error()));
  port_ = *bound;
  return port_;
}

link_network::~link_network() { close(); }

void link_network::close() {
  // CAF's own unpublish of TLS ports does not compile in this version.
  if (port_ != 0) {
    const auto middleman =
        env_.tls ? system_.openssl_manager().actor_handle() : system_.middleman().actor_handle();
    caf::anon_send(middleman, caf::close_atom::value, std::exchange(port_, std::uint16_t{0}));
  }
  if (router_) caf::anon_send_exit(std::exchange(router_, nullptr), caf::exit_reason::user_shutdown);
}

}  // namespace dip
