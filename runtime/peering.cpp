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
#include "actors/link_receivers.hpp"
#include "actors/partition_news.hpp"
#include "actors/supervisor.hpp"
#include "net/hang_up.hpp"
#include "runtime/cluster_init.hpp"
#include "runtime/node_report.hpp"

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

result<bool> peering::change_nodes(const config& conf) {
  auto changed = roster_->change(conf);
  if (!changed || !*changed) return changed;
  spdlog::info("the nodes are now {}: partitions move", roster_->now()->id);
  meet_peers();
  follow_change();
  return true;
}

void peering::follow_change() {
  std::string told;
  bool all = true;
  {
    const std::lock_guard lock{mutex_};
    if (own_.as == node_id{}) return;
    const auto view = roster_->now();
    const bool complete = roster_->complete();
    all = complete;
    for (const auto& n : view->wanted.nodes)
      if (n.name != options_.self.name) {
        const auto it = others_.find(n.name);
        all = all && it != others_.end() && it->second.complete && it->second.nodes == view->id;
      }
    if (own_.complete != complete || own_.nodes != view->id) {
      own_.complete = complete;
      own_.nodes = view->id;
      told = encode(own_);
    }
  }
  if (!told.empty()) tell_all(envelope_kind::standing, {}, told);
  if (!all || roster_->under_way() == 0) return;
  if (const auto done = roster_->settle(); !done) return spdlog::error(done.error().detail);
  spdlog::info("all is where it should be, on {}", roster_->now()->id);
  meet_peers();
}

void peering::group(partition_id p, bool settled) {
  roster_->group(p, settled);
  if (const bool full = options_.disk_full(); full != full_.exchange(full)) {
    spdlog::warn(full ? "the disk is full: others lead" : "there is room on the disk again");
    const std::lock_guard lock{mutex_};
    own_.full = full;
    tell_standing();
  }
  if (roster_->under_way() != 0) follow_change();
}

std::optional<node_changes::walk> peering::begin_walk() const {
  const auto change = roster_->under_way();
  if (change == 0) return std::nullopt;
  return walk{change, roster_->groups_settled()};
}

void peering::end_walk(const walk& w, std::size_t missing) {
  roster_->missing(w.change, w.groups_settled, missing);
  follow_change();
}

result<void> peering::give_up_lost() {
  for (const auto& n : roster_->now()->wanted.nodes)
    if (n.name != options_.self.name && !links_.up(n.name))
      return fail(errc::conflict, n.name + " is in cluster.conf and cannot be reached");
  if (auto forgotten = roster_->forget_earlier(); !forgotten) return forgotten;
  spdlog::warn("the nodes are {} and no others: those that are lost are given up", roster_->now()->id);
  meet_peers();
  follow_change();
  return {};
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
  for (const auto& p : network_config_.peers) others.insert(p.port);
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

void peering::receive_messages() {
  const auto& where = *env_->where;
  links_.on_message(envelope_kind::consensus, [&](const arrival& a) {
    if (a.partition.value >= options_.conf->cluster.partitions) return;
    if (const auto h = where.partition(a.partition)) caf::anon_send(*h, parcel{a.bytes});
  });
  links_.on_message(envelope_kind::available, [&](const arrival& a) {
    const auto m = decode<available>(a.bytes);
    if (const auto h = where.dispatcher(); h && m && m->partition.value < options_.conf->cluster.partitions)
      caf::anon_send(*h, *m);
  });
  links_.on_message(envelope_kind::announced, [&](const arrival& a) {
    const auto m = decode<announced>(a.bytes);
    if (const auto h = where.relay(); h && m) caf::anon_send(*h, *m);
  });
  links_.on_message(envelope_kind::give_back, [&](const arrival& a) {
    const auto m = decode<give_back>(a.bytes);
    if (!m) return;
    if (const auto h = where.queue(m->by.message.partition, m->by.message.queue)) caf::anon_send(*h, *m);
  });
  links_.on_message(envelope_kind::standing, [&](const arrival& a) {
    if (const auto m = decode<standing>(a.bytes)) heard(a.peer, *m);
  });
}

void peering::answer_requests() {
  const auto& where = *env_->where;
  const auto partition_here = [&](const arrival& a) -> result<partition_actor> {
    const auto h = where.partition(a.partition);
    if (!h) return fail(errc::no_quorum, "the partition is being made again");
    return *h;
  };
  links_.on_request(envelope_kind::propose, to_actor<propose, answer>(*system_, partition_here));
  links_.on_request(envelope_kind::read, to_actor<read_rows, answer>(*system_, partition_here));
  links_.on_request(envelope_kind::publish, [&](const arrival& a, const responder& reply) {
    auto m = decode<topic_call>(a.bytes);
    if (!m) return reply(refuse(errc::bad_request, "a request that cannot be read"));
    if (const auto topic = where.topic(a.partition, m->topic))
      return pass_on<answer>(*system_, *topic, std::move(m->what), a.within, reply,
                             [](const answer& x) { return x; });
    auto no = error_answer({errc::no_quorum, "the partition is not led here", ""});
    if (!leads_.is_here(a.partition)) no.leader = leads_.of(a.partition);
    reply.with(no);
  });
  links_.on_request(envelope_kind::lease, [&](const arrival& a, const responder& reply) {
    auto m = decode<queue_call>(a.bytes);
    if (!m) return reply(refuse(errc::bad_request, "a request that cannot be read"));
    const auto queue = where.queue(a.partition, m->queue);
    if (!queue) return reply(refuse(errc::not_leader, "the queue is not awake here"));
    pass_on<lease_reply>(*system_, *queue, std::move(m->what), a.within, reply,
                         [](const lease_reply& x) { return x; });
  });
  links_.on_request(envelope_kind::renew_lease, [&](const arrival& a, const responder& reply) {
    auto m = decode<renew_lease>(a.bytes);
    if (!m) return reply(refuse(errc::bad_request, "a request that cannot be read"));
    const auto queue = where.queue(m->message.partition, m->message.queue);
    if (!queue) return reply(refuse(errc::not_leader, "the queue is not awake here"));
    pass_on<bool>(*system_, *queue, *m, a.within, reply, [](bool held) { return renewed{held}; });
  });
  links_.on_request(envelope_kind::introspect, [&](const arrival& a, const responder& reply) {
    const std::lock_guard lock{mutex_};
    if (!report_) return reply(refuse(errc::no_quorum, "the node is only starting"));
    report_(a.bytes == hashes_too, reply);
  });
}

void peering::report_with(std::function<void(bool, responder)> report) {
  const std::lock_guard lock{mutex_};
  report_ = std::move(report);
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
    if (of.as != node_id{}) leads_.met(peer, of.as, of.draining || of.full);
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
  if (own_.as != node_id{}) leads_.met(options_.self.name, own_.as, own_.draining || own_.full);
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

void peering::send(node_id to, partition_id about, std::string bytes) {
  if (const auto node = leads_.node_of(to); !node.empty())
    links_.post(node, {envelope_kind::consensus, about, std::move(bytes)});
}

void peering::tell_all(envelope_kind kind, partition_id about, const std::string& bytes) {
  for (const auto& peer : peers_now()) links_.post(peer.name, {kind, about, bytes});
}

}  // namespace dip
