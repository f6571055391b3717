#include "runtime/peering.hpp"

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include <caf/all.hpp>
#include <spdlog/spdlog.h>

#include "actors/directory.hpp"
#include "actors/supervisor.hpp"
#include "net/hang_up.hpp"
#include "runtime/cluster_init.hpp"

namespace dip {
namespace {

// With connections that are closed on this side, for the other side to close them as well.
constexpr milliseconds patience{500};

link_network_config network_of(const peering::options& o) {
  link_network_config c;
  c.self.cluster = o.conf->cluster.name;
  c.self.from = o.self.name;
  c.self.start = o.start;
  c.self.objects = o.objects;
  c.host = o.self.host;
  c.port = o.self.actors;
  c.tls = o.tls;
  return c;
}

std::vector<std::string> names_of(const config& c) {
  std::vector<std::string> out;
  for (const auto& n : c.nodes) out.push_back(n.name);
  return out;
}

std::vector<peer_address> peers_in(const roster::view& all, const std::string& self) {
  std::vector<peer_address> out;
  for (const auto* some : {&all.wanted.nodes, &all.leaving})
    for (const auto& n : *some)
      if (n.name != self) out.push_back({n.name, n.host, n.actors});
  return out;
}

}  // namespace

std::optional<net::node_credentials> node_credentials_of(const config& c, const std::string& node) {
  const auto& ca = c.security.tls_ca;
  if (ca.empty()) return std::nullopt;
  auto out = credentials_in(std::filesystem::path{ca}.parent_path().string(), node);
  out.authority = ca;
  return out;
}

result<std::unique_ptr<peering>> peering::make(options o, const clock& time) {
  auto nodes = roster::open(o.data, o.self.name, *o.conf);
  if (!nodes) return tl::make_unexpected(nodes.error());
  auto network = network_of(o);
  network.peers = peers_in(*(*nodes)->now(), o.self.name);
  if (o.self.actors == 0)
    return fail(errc::bad_request, "the node " + o.self.name + " has no `actors` port for the others");
  if (const auto wrong = network.validate(); !wrong.empty()) {
    std::string text;
    for (const auto& line : wrong) text += (text.empty() ? "" : "; ") + line;
    return fail(errc::bad_request, text);
  }
  return std::unique_ptr<peering>{new peering{std::move(o), time, std::move(network), std::move(*nodes)}};
}

peering::peering(options o, const clock& time, link_network_config network, std::unique_ptr<roster> nodes)
    : options_(std::move(o)),
      time_(time),
      network_config_(std::move(network)),
      first_(first_members(options_.began, options_.conf->cluster.partitions)),
      roster_(std::move(nodes)),
      leads_(options_.self.name, options_.conf->cluster.partitions) {
  own_.start = options_.start;
  own_.nodes = roster_->now()->id;
  if (options_.as) take_name(*options_.as);
}

void peering::prepare(caf::actor_system_config& system) const { load_network(system, network_config_); }

void peering::attach(caf::actor_system& system, const environment& env) {
  system_ = &system;
  env_ = &env;
  receive_messages();
  answer_requests();
  links_.on_change([this](const std::string& peer, const std::optional<hello>& met) { changed(peer, met); });
  network_ = std::make_unique<link_network>(system, network_config_, &time_, links_);
}

result<void> peering::open(std::function<void(const std::string&)> failed) {
  failed_ = std::move(failed);
  meet_peers();
  return network_->open().map([](std::uint16_t) {});
}

std::vector<peer_address> peering::peers_now() const { return peers_in(*roster_->now(), options_.self.name); }

void peering::meet_peers() {
  const std::lock_guard lock{supervisors_mutex_};
  if (closed_ || !network_) return;
  const auto wanted = peers_now();
  network_->expect(wanted);
  std::erase_if(supervisors_, [&](const auto& s) {
    if (std::ranges::any_of(wanted, [&](const auto& p) { return p.name == s.first; })) return false;
    spdlog::info("the link to {} ends: it is no node of this cluster any more", s.first);
    caf::anon_send_exit(s.second, caf::exit_reason::user_shutdown);
    return true;
  });
  for (const auto& p : wanted) {
    if (supervisors_.contains(p.name)) continue;
    auto made = caf::actor_cast<caf::actor>(system_->spawn(
        supervisor, "links/" + p.name, std::vector{network_->link_to(p)}, env_, restart_config{}));
    made->attach_functor([this, name = p.name](const caf::error& reason) {
      if (reason != caf::exit_reason::user_shutdown)
        failed_("the link to " + name + " gave up: " + system_->render(reason));
    });
    supervisors_.emplace(p.name, std::move(made));
  }
}

void peering::close() {
  if (network_) network_->close();
  {
    const std::lock_guard lock{supervisors_mutex_};
    closed_ = true;
    for (const auto& [name, s] : supervisors_) caf::anon_send_exit(s, caf::exit_reason::user_shutdown);
    supervisors_.clear();
  }
  links_.clear();
}

void peering::outlast(const std::function<void()>& end) const {
  std::set<std::uint16_t> others;
  for (const auto& p : peers_now()) others.insert(p.port);
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;
  std::thread impatient{[&] {
    std::unique_lock lock{mutex};
    while (!changed.wait_for(lock, patience, [&] { return ended; }))
      net::hang_up(network_config_.port, others);
  }};
  end();
  {
    const std::lock_guard lock{mutex};
    ended = true;
  }
  changed.notify_all();
  impatient.join();
}

// What was said while the link was down is lost: whoever waits for it looks again.
void peering::changed(const std::string& peer, const std::optional<hello>& met) {
  if (!met) return;
  standing own;
  {
    const std::lock_guard lock{mutex_};
    own = own_;
  }
  links_.post(peer, {envelope_kind::standing, {}, encode(own)});
  if (const auto relay = env_->where->relay())
    for (const auto t : {topic_name::request, topic_name::preprocess_ok, topic_name::notifier})
      caf::anon_send(*relay, announced{t, {}});
  const auto dispatcher = env_->where->dispatcher();
  for (std::uint16_t p = 0; dispatcher && p < options_.conf->cluster.partitions; ++p)
    if (leads_.of({p}) == peer)
      for (std::uint8_t q = 0; q < queue_count; ++q)
        caf::anon_send(*dispatcher, available{{p}, static_cast<queue_name>(q), 1});
}

void peering::heard(const std::string& peer, const standing& of) {
  {
    const std::lock_guard lock{mutex_};
    others_[peer] = of;
    if (of.as != node_id{}) leads_.met(peer, of.as, of.draining || of.unfit);
    decide();
  }
  follow_change();
}

void peering::decide() {
  if (own_.as != node_id{}) return;
  for (const auto& [peer, s] : others_) {
    if (s.as == node_id{}) continue;
    if (std::ranges::find(s.founders, own_.start) == s.founders.end()) {
      spdlog::info("{} has begun before this node: it joins", peer);
      return join();
    }
    own_.founders = s.founders;
    return begin();
  }
  if (others_.size() < peers_now().size()) return;
  for (const auto& [peer, s] : others_)
    if (s.nodes != own_.nodes)
      return spdlog::error("{} has other nodes in its cluster.conf ({}; here {}): the cluster cannot begin",
                           peer, s.nodes, own_.nodes);
  own_.founders = {own_.start};
  for (const auto& [peer, s] : others_) own_.founders.push_back(s.start);
  spdlog::info("all nodes are new: the cluster begins");
  begin();
}

// Both: durable before anybody hears it.
void peering::begin() {
  const founding f{options_.conf->cluster.replicas, names_of(*options_.conf)};
  auto written = roster_->begin(false);
  if (written) written = write_founding(options_.data, f);
  if (!written) {
    own_.founders.clear();
    return spdlog::error("{}: the node cannot take part", written.error().detail);
  }
  first_ = first_members(f, options_.conf->cluster.partitions);
  take_name({0});
}

void peering::join() {
  const auto now = std::chrono::duration_cast<milliseconds>(time_.wall().time_since_epoch());
  const incarnation as{static_cast<std::uint64_t>(now.count())};
  auto written = roster_->begin(true);
  if (written) written = write_incarnation(options_.data, as);
  if (!written) return spdlog::error("{}: the node cannot take part", written.error().detail);
  take_name(as);
}

void peering::take_name(incarnation as) {
  own_.as = raft_name(options_.self.name, as);
  own_.complete = roster_->complete();
  tell_standing();
}

void peering::tell_standing() {
  if (own_.as != node_id{}) leads_.met(options_.self.name, own_.as, own_.draining || own_.unfit);
  if (env_) tell_all(envelope_kind::standing, {}, encode(own_));
}

void peering::drain() {
  {
    const std::lock_guard lock{mutex_};
    own_.draining = true;
    tell_standing();
  }
  for (std::uint16_t p = 0; p < options_.conf->cluster.partitions; ++p)
    if (const auto h = env_->where->partition({p}))
      caf::anon_send(*h, caf::atom_constant<caf::atom("keep")>::value);
}

std::optional<seat> peering::seat_of(partition_id p) const {
  const std::lock_guard lock{mutex_};
  if (own_.as == node_id{}) return std::nullopt;
  return seat{own_.as, first_.at(p.value)};
}

void peering::send(node_id to, partition_id about, std::string bytes, bool can_wait) {
  if (const auto node = leads_.node_of(to); !node.empty())
    links_.post(node, {envelope_kind::consensus, about, std::move(bytes), can_wait});
}

void peering::tell_all(envelope_kind kind, partition_id about, const std::string& bytes) {
  // What has changed goes with what else goes there within milliseconds: nothing is held up by it.
  const bool can_wait = kind == envelope_kind::announced;
  for (const auto& peer : peers_now()) links_.post(peer.name, {kind, about, bytes, can_wait});
}

}  // namespace dip
