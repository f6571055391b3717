// What of a node is seen over HTTP: its doors, its two listeners, and what can be read again while it runs.
#include <utility>
#include <vector>

#include <spdlog/spdlog.h>

#include "runtime/config_file.hpp"
#include "runtime/credentials.hpp"
#include "runtime/running_node.hpp"
#include "storage/object_bytes.hpp"

namespace dip {

result<void> running_node::open_doors() {
  const auto& c = options_.conf;
  auto known = read_credentials(c.security);
  if (!known) return tl::make_unexpected(known.error());
  std::vector<ip_network> proxies;
  for (const auto& text : c.security.trusted_proxies) proxies.push_back(*parse_network(text));
  doors_ = std::make_unique<http::doors>(http::doors::rules{.public_url = origin(),
                                                            .per_address = {c.limits.rate, c.limits.burst},
                                                            .cors_origins = c.security.cors_origins,
                                                            .trusted_proxies = std::move(proxies),
                                                            .sha256 = sha256_hex},
                                         clock_);
  doors_->set(std::move(*known));
  return {};
}

result<void> running_node::start_gateway() {
  if (auto ok = open_doors(); !ok) return ok;
  const asking ask{*actors_, where_};
  status_ = std::make_unique<node_status>(env_, *actors_, *launcher_, origin(), draining_);
  if (peers_) status_->watch_roster(&peers_->nodes());
  if (peers_)
    peers_->report_with([this](bool with_hashes, const responder& reply) {
      const auto tell = [this, with_hashes, reply] {
        reply({true, errc::internal, false, encode(status_->report(with_hashes))});
      };
      with_hashes ? upkeep_threads_->run(tell) : tell();
    });
  files_ = std::make_unique<node_files>(env_, ask, *rows_, *probe_codecs_, *info_codecs_, draining_);
  if (copies_) copies_->on_replaced([this](const object_name& n) { files_->forget(n); });
  requests_ = std::make_unique<node_requests>(env_, ask, *rows_, watch_, *launcher_, status_->public_url(),
                                              *templates_, draining_);
  notifications_ = std::make_unique<node_notifications>(ask, *rows_);
  routes_ = std::make_unique<http::route_context>(http::route_context{
      {*files_, *requests_, *notifications_, *status_, *operator_}, options_.conf, clock_, doors_.get()});
  if (auto opened = access_log_.open(options_.access_log.empty() ? self_.access_log : options_.access_log);
      !opened)
    return opened;
  const auto log = [this](const http::access_entry& e) {
    status_->count_response(e.status);
    access_log_.write(e);
    if (e.status == 500 || !e.fault.empty())  // refusals are counted, and stand in the access log
      spdlog::warn("{} {} {} from {} [{}] {}", e.method, e.path, e.status, e.peer, e.request_id, e.fault);
  };
  http::server_options o;
  if (const auto& security = options_.conf.security; !security.tls_cert.empty()) {
    auto tls = net::tls_server::make(security.tls_cert, security.tls_key);
    if (!tls) return tl::make_unexpected(tls.error());
    tls_ = std::move(*tls);
    o.secure = tls_;
  }
  server_ = std::make_unique<http::server>(http::make_routes(*routes_), clock_, log, std::move(o));
  status_->watch_gateway(server_.get());
  auto port = server_->start(self_.host, self_.http);
  if (!port) return tl::make_unexpected(port.error());
  port_ = *port;
  // Last: who asks there whether the node is ready may come to the other port at once.
  return start_health();
}

// Few threads and connections of its own: no flood at the other port keeps it from answering.
result<void> running_node::start_health() {
  const auto wanted = options_.health != 0 ? options_.health : self_.health;
  if (wanted == 0) return {};
  http::router calls;
  http::add_node_routes(calls, *routes_);
  http::server_options o;
  o.connections = 64;
  o.threads = 4;
  o.body_threads = 1;
  health_ = std::make_unique<http::server>(std::move(calls), clock_, http::access_log{}, std::move(o));
  if (auto port = health_->start(self_.host, wanted); !port) return tl::make_unexpected(port.error());
  return {};
}

result<void> running_node::reload() {
  // What cannot be read must not keep the others from being renewed.
  auto opened = access_log_.reopen();
  auto renewed = tls_ ? tls_->reload() : result<void>{};
  if (channel_)
    if (auto again = channel_->reload(); !again) renewed = again;
  auto secrets = webhook_secrets_ ? webhook_secrets_->reload() : result<void>{};
  const auto nodes = reload_nodes();
  auto known = read_credentials(options_.conf.security);
  if (known) doors_->set(std::move(*known));
  if (!known) return tl::make_unexpected(known.error());
  if (!opened) return opened;
  if (!renewed) return renewed;
  return nodes ? secrets : nodes;
}

// Only the nodes and the number of replicas change while it runs.
result<void> running_node::reload_nodes() {
  if (options_.config_file.empty()) return {};
  auto fresh = read_config(options_.config_file);
  if (!fresh) return tl::make_unexpected(fresh.error());
  auto rest = *fresh;
  rest.nodes = options_.conf.nodes;
  rest.cluster.replicas = options_.conf.cluster.replicas;
  if (rest != options_.conf)
    spdlog::warn("{} has other settings than nodes and replicas: they count after a restart",
                 options_.config_file);
  if (!peers_) {
    if (fresh->nodes.size() == 1) return {};
    return fail(errc::bad_request, "a node that was started alone meets others only after a restart");
  }
  if (fresh->nodes.size() == 1)
    return fail(errc::bad_request, "the last node of a cluster goes on alone only after a restart");
  return peers_->change_nodes(*fresh).map([](bool) {});
}

}  // namespace dip
