#include "runtime/node_operator.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <caf/all.hpp>
#include <spdlog/spdlog.h>

#include "actors/directory.hpp"
#include "actors/leaders.hpp"
#include "http/operator_json.hpp"
#include "http/query.hpp"

namespace dip {
namespace {

// Whoever cannot answer by then is shown as such.
constexpr milliseconds patience{1'000};
// For so long a wish of who is to lead outweighs cluster.conf.
constexpr std::chrono::minutes wish_holds{10};

}  // namespace

node_operator::node_operator(parts p)
    : p_(std::move(p)),
      env_(p_.env),
      feed_(*env_.time, [this] { return http::overview_json(overview()); }),
      threads_(std::make_unique<job_pool>(2)) {
  p_.look.on_news([this](const request_news& n) { feed_.news(n.id, n.status, n.run); });
}

node_operator::~node_operator() {
  p_.look.on_news({});
  feed_.stop();
}

void node_operator::answer(links& all) {
  all.on_request(envelope_kind::inspect, [this](const arrival& a, const responder& reply) {
    auto what = decode<inspection>(a.bytes);
    if (!what) return reply(refuse(errc::bad_request, "a request that cannot be read"));
    threads_->run([this, what = std::move(*what), reply] { reply.with(inspect_here(what)); });
  });
}

// --- This node ---------------------------------------------------------------------------------------------

std::vector<queue_figures> node_operator::figures_here() const {
  std::vector<queue_figures> out;
  caf::scoped_actor self{p_.system};
  std::vector<caf::response_handle<caf::blocking_actor, caf::message, true>> asked;
  for (const auto& q : env_.where->queues())
    asked.push_back(self->request(caf::actor_cast<caf::actor>(q), patience / 2, ask_figures{}));
  for (auto& a : asked)
    a.receive([&](const queue_figures& f) { out.push_back(f); },
              [](const caf::error&) {});  // being made again: it is missing this time
  return out;
}

inspected node_operator::inspect_here(const inspection& what) {
  using kind = inspection::kind;
  inspected out;
  switch (what.what) {
    case kind::overview:
      out.stages = p_.look.stages();
      out.draining = p_.is_draining();
      (void)::getloadavg(&out.load, 1);
      [[fallthrough]];
    case kind::flow:
      out.queues = p_.look.queues(figures_here());
      out.topics = p_.look.topics();
      return out;
    case kind::actors: select_actors(p_.look, what, out); return out;
    case kind::actor: inspect_actor(what, out); return out;
    case kind::restart: return restart_here(what.key);
    case kind::works:
      if (const auto id = ulid::parse(what.key)) out.works = p_.look.works_of(request_id{*id});
      return out;
    case kind::lead: return lead_here(what);
    case kind::drain: p_.drain(); return out;
  }
  return refused_inspection(errc::bad_request, "a question that is not known here");
}

void node_operator::inspect_actor(const inspection& what, inspected& out) const {
  const auto id = env_.node + "." + what.key;
  auto all = p_.look.actors();
  const auto is_it = [&](const actor_view& v) { return v.id == id; };
  if (std::ranges::none_of(all, is_it)) all = p_.look.dead_actors();
  const auto found = std::ranges::find_if(all, is_it);
  if (found == all.end()) {
    out = refused_inspection(errc::not_found, "there is no such actor");
    return;
  }
  for (const auto& a : all)
    if (a.parent == id && a.state != actor_state::dead) out.children.push_back(a.id);
  if (const auto n = http::whole_number<std::uint64_t>(what.key))
    if (const auto a = census::here().find(*n)) out.events = p_.look.events(*a);
  out.actors.push_back(std::move(*found));
}

inspected node_operator::restart_here(const std::string& number) const {
  const auto n = http::whole_number<std::uint64_t>(number);
  const auto a = n ? census::here().find(*n) : nullptr;
  if (!a) return refused_inspection(errc::not_found, "there is no such actor");
  if (!a->supervised) return refused_inspection(errc::conflict, "no supervisor would make it again");
  inspected out;
  inspect_actor({.what = inspection::kind::actor, .key = number}, out);
  spdlog::warn("{} is restarted by an operator", a->name());
  a->end_actor();
  return out;
}

inspected node_operator::lead_here(const inspection& what) const {
  if (env_.leads && what.partition < env_.store->partitions())
    env_.leads->wish({what.partition}, what.key, env_.time->steady() + wish_holds);
  return {};
}

// --- All nodes ---------------------------------------------------------------------------------------------

result<inspected> node_operator::inspect_one(const std::string& node, const inspection& what) {
  inspected said;
  if (node == env_.node) {
    said = inspect_here(what);
  } else {
    const auto nodes = nodes_of(env_);
    if (std::ranges::find(nodes, node, &node_config::name) == nodes.end())
      return fail(errc::not_found, "there is no such node");
    auto all = inspect_peers(p_.system, env_, what, node);
    if (all.empty()) return fail(errc::no_quorum, "the node " + node + " cannot be reached now");
    said = std::move(all.begin()->second);
  }
  if (!said.ok) return fail(said.code, said.detail);
  return said;
}

std::map<std::string, inspected> node_operator::inspect_all(const inspection& what,
                                                            std::vector<std::string>& unreachable) {
  auto all = inspect_peers(p_.system, env_, what);
  all[env_.node] = inspect_here(what);
  for (const auto& n : nodes_of(env_))
    if (!all.contains(n.name)) unreachable.push_back(n.name);
  return all;
}

http::flow_picture node_operator::flow_of(const std::map<std::string, inspected>& said) const {
  http::flow_picture out;
  for (std::uint8_t i = 0; i < queue_count; ++i) {
    http::topic_picture topic{.name = static_cast<topic_name>(i)};
    http::queue_picture queue{.name = static_cast<queue_name>(i)};
    for (std::uint16_t p = 0; p < env_.store->partitions(); ++p) queue.partitions.push_back({.number = p});
    for (const auto& [node, of] : said) {
      for (const auto& t : of.topics)
        if (t.topic == topic.name) topic.published += t.published, topic.rate += t.rate;
      for (const auto& [f, in_rate, out_rate] : of.queues) {
        if (f.queue != queue.name || f.partition.value >= queue.partitions.size()) continue;
        auto& part = queue.partitions[f.partition.value];
        part.leader = node;
        part.visible = f.visible;
        part.in_flight = f.in_flight;
        part.delayed = f.delayed;
        part.dead = f.dead;
        if (f.visible > 0) part.oldest_ms = f.oldest_age_ms;
        part.paused = f.paused;
        queue.acquired += f.acquired_total;
        queue.returned += f.returned_total;
        queue.in_rate += in_rate;
        queue.out_rate += out_rate;
      }
    }
    out.topics.push_back(topic);
    out.queues.push_back(std::move(queue));
  }
  return out;
}

http::flow_picture node_operator::flow() {
  std::vector<std::string> unreachable;
  auto out = flow_of(inspect_all({.what = inspection::kind::flow}, unreachable));
  out.unreachable = std::move(unreachable);
  return out;
}

http::overview_picture node_operator::overview() {
  http::overview_picture out;
  out.at = env_.time->wall();
  std::vector<std::string> unreachable;
  const auto said = inspect_all({.what = inspection::kind::overview}, unreachable);
  out.flow = flow_of(said);
  std::array<duration_counts, stage_count> took;
  for (std::size_t s = 0; s < stage_count; ++s) out.stages.push_back({.name = std::string{stage_word(s)}});
  for (const auto& n : nodes_of(env_)) {
    auto& node = out.nodes.emplace_back(http::overview_picture::node{.name = n.name});
    const auto it = said.find(n.name);
    if (it == said.end()) continue;
    node.up = true;
    node.draining = it->second.draining;
    node.load = it->second.load;
    for (std::size_t s = 0; s < std::min(stage_count, it->second.stages.size()); ++s) {
      const auto& of = it->second.stages[s];
      node.workers += of.workers;
      node.busy_workers += of.busy;
      if (s == stage_of(message_kind::process)) node.images_per_s = of.rate;
      out.stages[s].workers += of.workers;
      out.stages[s].busy += of.busy;
      out.stages[s].rate += of.rate;
      for (std::size_t b = 0; b < std::min(of.took.size(), took[s].of.size()); ++b)
        took[s].of[b] += of.took[b];
    }
  }
  for (std::size_t s = 0; s < stage_count; ++s) {
    out.stages[s].p50_ms = took[s].percentile_ms(0.5);
    out.stages[s].p99_ms = took[s].percentile_ms(0.99);
  }
  for (const auto& q : out.flow.queues) {
    if (q.name == queue_name::notifier) continue;
    const std::size_t waits = q.name == queue_name::request ? 0 : 2;
    for (const auto& p : q.partitions) {
      out.requests[waits] += p.visible + p.delayed;
      out.requests[waits + 1] += p.in_flight;
    }
  }
  const auto ended = p_.look.ended_lately();
  std::copy(ended.begin(), ended.end(), out.requests.begin() + 4);
  return out;
}

http::actor_page node_operator::actors(const http::actor_query& q) {
  inspection what{.what = inspection::kind::actors,
                  .actor_kind = q.kind,
                  .state = q.state,
                  .parent = q.parent,
                  .text = q.text,
                  .sort = q.sort};
  http::actor_page out;
  const auto wanted = q.from + q.limit;
  what.limit = wanted;
  // All at once: however many are away, they cost a second together.
  std::map<std::string, inspected> first;
  if (q.node.empty()) {
    first = inspect_all(what, out.unreachable);
  } else if (auto one = inspect_one(q.node, what)) {
    first.emplace(q.node, std::move(*one));
  } else if (one.error().code != errc::not_found) {
    out.unreachable.push_back(q.node);
  }
  std::vector<std::vector<actor_view>> lists;
  for (auto& [node, part] : first) {
    auto& list = lists.emplace_back(std::move(part.actors));
    out.total += part.total;
    // No answer holds more than a part of them.
    while (!list.empty() && list.size() < std::min(wanted, part.total)) {
      what.from = list.size();
      what.limit = wanted - list.size();
      auto more = inspect_one(node, what);
      if (!more || more->actors.empty()) break;
      std::ranges::move(more->actors, std::back_inserter(list));
    }
  }
  std::vector<actor_view> all;
  for (auto& list : lists) std::ranges::move(list, std::back_inserter(all));
  if (!q.sort.empty()) std::ranges::stable_sort(all, actor_order(q.sort));
  // In the tree, a node after the other: those of the first may not all be here, but all that are wanted are.
  for (auto i = q.from; i < std::min<std::uint64_t>(wanted, all.size()); ++i)
    out.items.push_back(std::move(all[i]));
  return out;
}

result<http::actor_detail> node_operator::actor(const std::string& id) {
  const auto dot = id.rfind('.');
  if (dot == std::string::npos) return fail(errc::not_found, "there is no such actor");
  auto said = inspect_one(id.substr(0, dot), {.what = inspection::kind::actor, .key = id.substr(dot + 1)});
  if (!said) return tl::make_unexpected(said.error());
  if (said->actors.empty()) return fail(errc::not_found, "there is no such actor");
  return http::actor_detail{std::move(said->actors.front()), std::move(said->events),
                            std::move(said->children)};
}

result<actor_view> node_operator::restart(const std::string& id) {
  const auto dot = id.rfind('.');
  if (dot == std::string::npos) return fail(errc::not_found, "there is no such actor");
  auto said = inspect_one(id.substr(0, dot), {.what = inspection::kind::restart, .key = id.substr(dot + 1)});
  if (!said) return tl::make_unexpected(said.error());
  if (said->actors.empty()) return fail(errc::not_found, "there is no such actor");
  return std::move(said->actors.front());
}

result<void> node_operator::lead(std::uint16_t partition, const std::string& node) {
  if (partition >= env_.store->partitions()) return fail(errc::not_found, "there is no such partition");
  const auto nodes = nodes_of(env_);
  if (std::ranges::find(nodes, node, &node_config::name) == nodes.end())
    return fail(errc::not_found, "there is no node " + node);
  if (!env_.leads) return fail(errc::conflict, "there is one node, which leads all");
  if (!env_.place_of({partition}).is_kept_by(node))
    return fail(errc::conflict, node + " keeps no copy of this partition");
  if (node != env_.node && !env_.linked->up(node))
    return fail(errc::conflict, node + " cannot be reached now");
  // Whoever leads it by then must know: the leader, to hand it over, and the next one, to keep it.
  std::vector<std::string> unreachable;
  (void)inspect_all({.what = inspection::kind::lead, .key = node, .partition = partition}, unreachable);
  return {};
}

result<void> node_operator::drain(const std::string& node) {
  return inspect_one(node, {.what = inspection::kind::drain}).map([](const inspected&) {});
}

std::unique_ptr<http::event_feed> node_operator::feed() { return feed_.look(); }

}  // namespace dip
