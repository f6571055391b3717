#include "runtime/node_status.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <utility>
#include <vector>

#include <caf/scoped_actor.hpp>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include "actors/census.hpp"
#include "actors/leaders.hpp"
#include "actors/links.hpp"
#include "actors/object_copies.hpp"
#include "notify/destinations.hpp"

namespace dip {
namespace {

constexpr std::chrono::seconds recovery_deadline{15};

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using labels = std::vector<std::pair<std::string, std::string>>;

ClientMetric metric(MetricType type, double value, const labels& with) {
  ClientMetric m;
  for (const auto& [name, text] : with) {
    ClientMetric::Label l;
    l.name = name;
    l.value = text;
    m.label.push_back(std::move(l));
  }
  (type == MetricType::Counter ? m.counter.value : m.gauge.value) = value;
  return m;
}

// Gathers families under the names that dashboards hold on to.
class exposition {
public:
  void add(const std::string& name, const char* help, MetricType type, double value,
           const labels& with = {}) {
    for (auto& f : families_)
      if (f.name == name) {
        f.metric.push_back(metric(type, value, with));
        return;
      }
    families_.push_back({name, help, type, {metric(type, value, with)}});
  }
  void gauge(const std::string& name, const char* help, std::uint64_t value, const labels& with = {}) {
    add(name, help, MetricType::Gauge, static_cast<double>(value), with);
  }
  void counter(const std::string& name, const char* help, std::uint64_t value, const labels& with = {}) {
    add(name, help, MetricType::Counter, static_cast<double>(value), with);
  }
  [[nodiscard]] std::string text() const { return prometheus::TextSerializer{}.Serialize(families_); }

private:
  std::vector<MetricFamily> families_;
};

void add_store(exposition& out, const node_store& store) {
  const auto s = store.stats();
  out.counter("dip_log_syncs_total", "Synced batches of the log.", s.syncs);
  out.counter("dip_log_entries_total", "Entries that were made durable.", s.entries);
  out.counter("dip_log_bytes_total", "Bytes that were made durable.", s.bytes);
  out.add("dip_log_sync_seconds_total", "Time spent syncing the log.", MetricType::Counter,
          static_cast<double>(s.sync_us_total) / 1e6);
  out.gauge("dip_disk_free_bytes", "Free space where the data is.", s.free_bytes);
}

void add_copies(exposition& out, const copy_figures& f) {
  out.counter("dip_objects_fetched_total", "Files that came from other nodes.", f.fetched);
  out.counter("dip_objects_fetched_bytes_total", "Their bytes.", f.fetched_bytes);
  out.counter("dip_objects_served_total", "Files that other nodes fetched here.", f.served);
  out.counter("dip_objects_served_bytes_total", "Their bytes.", f.served_bytes);
  out.counter("dip_objects_mended_total", "Missing or damaged files that were fetched again.", f.mended);
  out.counter("dip_objects_given_up_total", "Missing or damaged files that no node could give.", f.given_up);
  out.gauge("dip_objects_pending", "Missing or damaged files that are to be fetched.", f.pending);
}

void add_gateway(exposition& out, const http::server_figures& f) {
  out.gauge("dip_http_connections", "Open connections of the gateway.", f.connections);
  out.gauge("dip_http_buffered_bytes", "Bytes that wait to be read or sent.", f.buffered);
  out.counter("dip_http_accepted_total", "Connections that were accepted.", f.accepted);
  out.counter("dip_http_turned_away_total", "Connections that found no place.", f.turned_away);
  out.counter("dip_http_overloaded_total", "Requests that found no place.", f.overloaded);
  out.counter("dip_http_timed_out_total", "Clients that did not send or read in time.", f.timed_out);
}

void add_links(exposition& out, const links* all) {
  if (!all) return;
  for (const auto& s : all->status()) {
    const labels with{{"peer", s.peer}};
    out.gauge("dip_link_up", "Whether the peer can be reached.", s.phase == link_phase::up ? 1 : 0, with);
    out.counter("dip_link_messages_sent_total", "Envelopes to a peer.", s.traffic.messages_out, with);
    out.counter("dip_link_sent_bytes_total", "Bytes of them.", s.traffic.bytes_out, with);
    out.counter("dip_link_dropped_total", "One-way messages for which there was no room, or no link.",
                s.traffic.dropped, with);
    out.counter("dip_link_refused_total", "Requests, likewise.", s.traffic.refused, with);
    out.counter("dip_link_overdue_total", "Requests that were not answered in time.", s.traffic.overdue,
                with);
    if (s.round_trip)
      out.add("dip_link_round_trip_seconds", "Of the last ping.", MetricType::Gauge,
              std::chrono::duration<double>(*s.round_trip).count(), with);
  }
}

void add_actors(exposition& out) {
  // By kind: each of thousands of actors is for GET /actors.
  for (const auto& k : census::here().by_kind()) {
    const labels with{{"kind", k.kind.empty() ? "other" : k.kind}};
    out.gauge("dip_actors", "Actors that live.", k.actors, with);
    out.gauge("dip_actor_mailbox", "Messages that wait for actors.", k.waiting, with);
    out.gauge("dip_actor_mailbox_max", "Messages in the fullest mailbox.", k.deepest, with);
    out.counter("dip_actor_handled_total", "Messages handled.", k.handled, with);
    out.add("dip_actor_busy_seconds_total", "Time spent handling.", MetricType::Counter,
            static_cast<double>(k.busy_ns) / 1e9, with);
  }
  for (const auto& r : census::here().all_restarts())
    out.counter("dip_actor_restarts_total", "How often a supervisor made it again.", r.count,
                {{"actor", r.name}});
}

void add_queues(exposition& out, caf::actor_system& system, const directory& where) {
  caf::scoped_actor self{system};
  for (const auto& q : where.queues())
    self->request(q, std::chrono::seconds{1}, ask_figures{})
        .receive(
            [&](const queue_figures& f) {
              const labels with{{"queue", std::string{to_string(f.queue)}},
                                {"partition", std::to_string(f.partition.value)}};
              out.gauge("dip_queue_visible", "Messages that wait for a worker.", f.visible, with);
              out.gauge("dip_queue_in_flight", "Messages that are leased.", f.in_flight, with);
              out.gauge("dip_queue_delayed", "Messages that wait for their next try.", f.delayed, with);
              out.gauge("dip_queue_dead", "Dead letters.", f.dead, with);
              out.gauge("dip_queue_oldest_age_ms", "Age of the oldest message that waits.", f.oldest_age_ms,
                        with);
              out.gauge("dip_queue_paused", "Whether an operator has stopped it.", f.paused ? 1 : 0, with);
              out.counter("dip_queue_in_total", "Messages that came, since this node leads it.", f.in_total,
                          with);
              out.counter("dip_queue_out_total", "Messages that are done with, likewise.", f.out_total, with);
              out.counter("dip_queue_returned_total", "Leases that came back, likewise.", f.returned_total,
                          with);
            },
            [](const caf::error&) {});  // being made again: it is missing from this scrape
}

void add_programs(exposition& out, const codec_launcher& codecs) {
  for (const auto& program : codecs.programs()) {
    const auto add = [&](const std::string& library, const std::string& version) {
      out.gauge("dip_codec_library", "What images are read and written with.", 1,
                {{"program", program.name}, {"library", library}, {"version", version}});
    };
    add("libvips", program.libvips);
    for (const auto& l : program.libraries) add(l.name, l.version);
  }
}

std::uint64_t resident_memory() {
  std::ifstream in{"/proc/self/statm"};
  std::uint64_t all = 0, resident = 0;
  in >> all >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

node_report::sight sight_of(const link_status& l, steady_time now) {
  node_report::sight out{l.peer, l.phase == link_phase::up, l.since, {}};
  if (l.last_heard)
    out.last_heard_ms = static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, std::chrono::floor<milliseconds>(now - *l.last_heard).count()));
  return out;
}

// Its house is awake.
bool is_led(const directory& where, partition_id p) {
  return where.partition(p) && where.topic(p, topic_name::request);
}

void add_formats(exposition& out, format_set there) {
  const auto add = [&](const format_spec& spec, const char* direction, bool can) {
    out.gauge("dip_image_format", "Whether images of a format can be read or written here.", can ? 1 : 0,
              {{"format", std::string{spec.name}}, {"direction", direction}});
  };
  for (const auto& spec : format_table()) {
    add(spec, "read", there.can_read(spec.format));
    add(spec, "write", there.can_write(spec.format));
  }
}

}  // namespace

node_status::node_status(const environment& env, caf::actor_system& system, const codec_launcher& codecs,
                         std::string public_url, const std::atomic<bool>& draining)
    : env_(env),
      system_(system),
      codecs_(codecs),
      public_url_(std::move(public_url)),
      since_(env.time->wall()),
      draining_(draining) {}

bool node_status::ready(std::string& why_not) {
  if (draining_) {
    why_not = "this node is stopping";
    return false;
  }
  if (!env_.seat_of({0})) {
    why_not =
        "this node has no data and has not met all others yet: the first start of a cluster needs all nodes";
    return false;
  }
  for (std::uint16_t p = 0; p < env_.store->partitions(); ++p)
    if (!can_commit({p})) {
      why_not = "partition " + std::to_string(p) + " has no leader that can be reached";
      return false;
    }
  return true;
}

// Of those that are kept here; what is elsewhere is no reason to send nobody here.
bool node_status::can_commit(partition_id p) const {
  if (is_led(*env_.where, p)) return true;
  if (!env_.to_peers) return false;
  if (!env_.place_of(p).is_kept_by(env_.node)) return true;
  const auto leader = env_.leads->of(p);
  return !leader.empty() && leader != env_.node && env_.linked->up(leader);
}

node_report node_status::report(bool with_hashes) const {
  node_report out;
  out.version = DIP_VERSION;
  out.since = since_;
  out.draining = draining_;
  out.disk_free = env_.store->stats().free_bytes;
  (void)::getloadavg(&out.load, 1);
  out.formats = codecs_.formats();
  out.programs = codecs_.programs();
  out.actors = census::here().all().size();
  for (const auto& r : census::here().all_restarts()) out.restarts += r.count;
  out.memory = resident_memory();
  if (env_.linked)
    for (const auto& l : env_.linked->status()) out.sees.push_back(sight_of(l, env_.time->steady()));
  for (std::uint16_t p = 0; p < env_.store->partitions(); ++p)
    out.partitions.push_back(report_of({p}, with_hashes));
  if (roster_) {
    auto how = roster_->told();
    out.placement = std::move(how.of);
    out.settled = how.settled;
    out.partitions_left = how.partitions;
    out.files_left = how.files;
  }
  return out;
}

node_report::partition node_status::report_of(partition_id p, bool with_hash) const {
  const auto view = env_.store->view(p);
  node_report::partition out;
  out.applied = view->applied().value;
  out.leads = is_led(*env_.where, p);
  if (with_hash) out.hash = view->state_hash();
  if (!env_.leads) {
    out.term = 1;
    out.voters = {env_.node};
    return out;
  }
  out.term = env_.leads->term(p);
  const auto own = env_.leads->described(p);
  out.log_term = own.last_term.value;
  out.log_index = own.last.value;
  for (const auto& m : own.group.members) {
    const auto node = env_.leads->node_of(m.id);
    if (env_.leads->raft_name_of(node) != m.id) continue;  // who it was before it came back as another
    (m.role == member_role::voter ? out.voters : out.learners).push_back(node);
  }
  return out;
}

http::cluster_picture node_status::cluster(bool with_hashes) {
  auto reports = ask_peers(system_, env_, with_hashes);
  reports[env_.node] = report(with_hashes);
  return picture_of(env_, reports);
}

result<void> node_status::give_up_lost() {
  if (!env_.changes) return fail(errc::conflict, "this node is alone");
  return env_.changes->give_up_lost();
}

result<void> node_status::recover(partition_id p, term_number term, bool empty) {
  if (!env_.changes) return fail(errc::conflict, "this node is alone");
  const auto partition = env_.where->partition(p);
  if (!partition) return fail(errc::no_quorum, "the partition is being made again");
  result<void> out = fail(errc::no_quorum, "the partition does not answer");
  caf::scoped_actor self{system_};
  self->request(*partition, recovery_deadline, take_over{term, empty})
      .receive([&](const answer& a) { out = a.ok ? result<void>{} : fail(a.code, a.detail); },
               [](const caf::error&) {});
  return out;
}

std::string node_status::metrics() {
  exposition out;
  out.gauge("dip_info", "What runs here.", 1, {{"node", env_.node}, {"version", DIP_VERSION}});
  add_programs(out, codecs_);
  add_formats(out, codecs_.formats());
  for (size_t i = 1; i < responses_.size(); ++i)
    out.counter("dip_http_responses_total", "Answers of the gateway.", responses_[i],
                {{"status", std::to_string(i) + "xx"}});
  if (const auto* gateway = gateway_.load()) add_gateway(out, gateway->figures());
  add_store(out, *env_.store);
  if (env_.copies != nullptr) add_copies(out, env_.copies->figures());
  out.gauge("dip_webhook_endpoints_left_alone", "Endpoints that failed again and again.",
            env_.to->open_breakers(env_.time->steady()));
  add_queues(out, system_, *env_.where);
  add_links(out, env_.linked);
  for (std::uint16_t p = 0; p < env_.store->partitions(); ++p)
    out.gauge("dip_partition_leads", "Whether this node leads the partition.",
              is_led(*env_.where, {p}) ? 1 : 0, {{"partition", std::to_string(p)}});
  add_actors(out);
  return out.text();
}

void node_status::count_response(int status) {
  const auto digit = static_cast<size_t>(status / 100);
  if (digit < responses_.size()) responses_[digit].fetch_add(1, std::memory_order_relaxed);
}

}  // namespace dip
