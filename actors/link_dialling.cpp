#include <algorithm>
#include <set>

#include <caf/io/middleman.hpp>
#include <caf/openssl/manager.hpp>

#include "actors/link_body.hpp"

namespace dip {
namespace {

constexpr std::chrono::nanoseconds first_look = std::chrono::milliseconds{1};
constexpr std::chrono::nanoseconds longest_look = std::chrono::milliseconds{50};

}  // namespace

void link_body::carry_out(connector::step s) {
  switch (s) {
    case connector::step::none: break;
    case connector::step::probe:
      probe_ = std::make_unique<net::tcp_probe>(peer_.host, peer_.port);
      self_->send(self_, look_atom::value, connector_.attempt(), std::int64_t{first_look.count()});
      break;
    case connector::step::dial: dial(); break;
    case connector::step::greet:
      ++session_;
      self_->send(far_router_, hello_atom::value, encode(here()), caf::actor_cast<caf::actor>(self_));
      break;
  }
  if (connector_.phase() != link_phase::probing) probe_.reset();
}

void link_body::dial() {
  const auto middleman = env_->tls ? self_->system().openssl_manager().actor_handle()
                                   : self_->system().middleman().actor_handle();
  const auto attempt = connector_.attempt();
  self_
      ->request(middleman, env_->connecting.dial_timeout, caf::connect_atom::value, probe_->address(),
                peer_.port)
      .then([this, attempt](const caf::node_id&, const caf::strong_actor_ptr& p,
                            const std::set<std::string>&) { dialled(attempt, p); },
            [this, attempt](caf::error& e) { not_dialled(attempt, e); });
}

void link_body::dialled(std::uint64_t attempt, const caf::strong_actor_ptr& p) {
  if (!p) return fail(attempt, "something else than a node listens there");
  const auto next = connector_.dialled(attempt, now(), wall());
  if (next == connector::step::none) return;
  far_router_ = caf::actor_cast<router_actor>(p);
  self_->monitor(far_router_);
  carry_out(next);
  arm();
}

void link_body::not_dialled(std::uint64_t attempt, const caf::error& e) {
  // A tick of CAF's heartbeat during a handshake ends it, however young it is: no evidence of anything.
  if (e == caf::sec::connection_timeout) return fail(attempt, "the connection did not come about", true);
  if (e == caf::sec::incompatible_application_ids) {
    if (attempt == connector_.attempt())
      refused("incompatible version: the node there speaks another protocol");
    return;
  }
  // The second when TLS ends it within the first call; the address itself has just answered.
  if (e == caf::sec::disconnect_during_handshake || e == caf::sec::cannot_connect_to_node)
    return fail(attempt, env_->tls ? "the connection was closed during the handshake: the node there has no "
                                     "certificate of this cluster, does not believe this node's, or is none"
                                   : "the connection was closed during the handshake: the node there wants "
                                     "TLS, or is none");
  fail(attempt, self_->system().render(e));
}

void link_body::look(std::uint64_t attempt, std::int64_t waited) {
  if (attempt != connector_.attempt() || !probe_) return;
  switch (probe_->poll()) {
    case net::tcp_probe::state::pending: {
      const auto next = std::min(std::chrono::nanoseconds{waited} * 2, longest_look);
      self_->delayed_send(self_, next, look_atom::value, attempt, std::int64_t{next.count()});
      return;
    }
    case net::tcp_probe::state::failed: fail(attempt, probe_->why()); break;
    case net::tcp_probe::state::reached: carry_out(connector_.probed(attempt, now(), wall())); break;
  }
  arm();
}

}  // namespace dip
