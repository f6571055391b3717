#include "http/operator_json.hpp"

#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "http/query.hpp"
#include "http/record_json.hpp"

namespace dip::http {
namespace {

using json = nlohmann::ordered_json;

std::string text(const json& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace); }

json time(wall_time t) { return t == wall_time{} ? json{} : json(to_rfc3339(t)); }
json word(const std::string& t) { return t.empty() ? json{} : json(t); }
// Three digits behind the point are all that a person reads.
double rounded(double x) { return std::round(x * 1000) / 1000; }

template <class T>
json maybe(const std::optional<T>& x) {
  return x ? json(*x) : json{};
}

std::string code_word(errc code) {
  // What stays between our parts is told as a caller is told of it, but for an operator's eyes.
  return std::string{to_string(code)};
}

json topic(const topic_picture& t) {
  return {{"name", to_string(t.name)},
          {"subscribers", json::array({to_string(queue_of(t.name))})},
          {"published", t.published},
          {"rate", rounded(t.rate)}};
}

json part(const queue_picture::part& p) {
  return {{"partition", p.number},           {"leader", word(p.leader)}, {"visible", p.visible},
          {"in_flight", p.in_flight},        {"delayed", p.delayed},     {"dead", p.dead},
          {"oldest_ms", maybe(p.oldest_ms)}, {"paused", p.paused}};
}

json queue(const queue_picture& q, bool with_parts) {
  queue_picture::part sum;
  bool paused = !q.partitions.empty();
  for (const auto& p : q.partitions) {
    sum.visible += p.visible;
    sum.in_flight += p.in_flight;
    sum.delayed += p.delayed;
    sum.dead += p.dead;
    if (p.oldest_ms) sum.oldest_ms = std::max(sum.oldest_ms.value_or(0), *p.oldest_ms);
    paused = paused && p.paused;
  }
  json out{{"name", to_string(q.name)},
           {"topic", to_string(static_cast<topic_name>(q.name))},
           {"visible", sum.visible},
           {"in_flight", sum.in_flight},
           {"delayed", sum.delayed},
           {"dead", sum.dead},
           {"oldest_ms", maybe(sum.oldest_ms)},
           {"in_rate", rounded(q.in_rate)},
           {"out_rate", rounded(q.out_rate)},
           {"acquired", q.acquired},
           {"returned", q.returned},
           {"paused", paused}};
  if (!with_parts) return out;
  out["partitions"] = json::array();
  for (const auto& p : q.partitions) out["partitions"].push_back(part(p));
  return out;
}

json topics(const flow_picture& f) {
  auto out = json::array();
  for (const auto& t : f.topics) out.push_back(topic(t));
  return out;
}

json queues(const flow_picture& f, bool with_parts) {
  auto out = json::array();
  for (const auto& q : f.queues) out.push_back(queue(q, with_parts));
  return out;
}

json attempt(const attempt_record& a) {
  return {{"at", time(a.at)},
          {"node", a.node},
          {"code", code_word(a.code)},
          {"detail", a.detail},
          {"counted", a.counted}};
}

std::string_view state_word(const queue_message& m, wall_time now) {
  if (m.dead) return "dead";
  if (m.leased) return "in_flight";
  return m.visible_at > now ? "delayed" : "visible";
}

json message(const queue_message& m, wall_time now) {
  auto attempts = json::array();
  for (const auto& a : m.history) attempts.push_back(attempt(a));
  json error;
  if (!m.history.empty())
    error = {{"code", code_word(m.history.back().code)}, {"detail", m.history.back().detail}};
  json held;
  if (m.leased) held = {{"node", m.leased->node}, {"since", time(m.leased->since)}};
  return {{"id", message_name(m.ref)},
          {"request", m.request.text()},
          {"run", m.run},
          {"kind", to_string(m.kind)},
          {"partition", m.ref.partition.value},
          {"state", state_word(m, now)},
          {"enqueued_at", time(m.enqueued_at)},
          {"visible_at", time(m.visible_at)},
          {"age_ms", std::max<std::int64_t>(0, (now - m.enqueued_at).count())},
          {"acquired", m.acquired},
          {"failed", m.failed},
          {"lease", std::move(held)},
          {"dead_at", time(m.dead_at)},
          {"error", std::move(error)},
          {"attempts", std::move(attempts)}};
}

json actor(const actor_view& a) {
  json current;
  if (!a.current.empty()) current = {{"message", a.current}, {"for_ms", a.current_ms}};
  json out{{"id", a.id},
           {"name", a.name},
           {"kind", a.kind},
           {"node", a.node},
           {"parent", word(a.parent)},
           {"state", to_string(a.state)},
           {"mailbox", a.mailbox},
           {"mailbox_high", a.mailbox_high},
           {"oldest_ms", maybe(a.oldest_ms)},
           {"processed", a.processed},
           {"rate", rounded(a.rate)},
           {"busy", rounded(a.busy)},
           {"busy_ms_p50", rounded(a.busy_ms_p50)},
           {"busy_ms_p99", rounded(a.busy_ms_p99)},
           {"wait_ms_p50", rounded(a.wait_ms_p50)},
           {"wait_ms_p99", rounded(a.wait_ms_p99)},
           {"restarts", a.restarts},
           {"restarted_at", time(a.restarted_at)},
           {"last_error", word(a.last_error)},
           {"since", time(a.since)},
           {"current", std::move(current)}};
  if (a.state == actor_state::dead || a.state == actor_state::backoff) {
    out["ended_at"] = time(a.ended_at);
    out["reason"] = word(a.reason);
  }
  return out;
}

json hop(const trace_hop& h) {
  json fault;
  if (h.fault) fault = {{"code", code_word(h.fault->code)}, {"detail", h.fault->detail}};
  json topic_of, queue_of;
  if (h.queue) {
    topic_of = to_string(static_cast<topic_name>(*h.queue));
    queue_of = to_string(*h.queue);
  }
  return {{"what", h.what},
          {"topic", std::move(topic_of)},
          {"queue", std::move(queue_of)},
          {"node", word(h.node)},
          {"actor", word(h.actor)},
          {"attempt", maybe(h.attempt)},
          {"at", time(h.at)},
          {"waited_ms", maybe(h.waited_ms)},
          {"worked_ms", maybe(h.worked_ms)},
          {"outcome", word(h.outcome)},
          {"error", std::move(fault)}};
}

}  // namespace

std::string message_name(const message_ref& m) {
  return std::to_string(m.partition.value) + "-" + std::to_string(m.id.value);
}

result<message_ref> parse_message_name(queue_name queue, std::string_view text) {
  const auto dash = std::min(text.find('-'), text.size());
  const auto partition = whole_number<std::uint16_t>(text.substr(0, dash));
  const auto id = whole_number<std::uint64_t>(text.substr(std::min(dash + 1, text.size())));
  if (!partition || !id) return fail(errc::not_found, "there is no such message");
  return message_ref{{*partition}, queue, {*id}};
}

std::string topics_json(const flow_picture& f) {
  return text({{"topics", topics(f)}, {"unreachable", f.unreachable}});
}

std::string queues_json(const flow_picture& f) {
  return text({{"queues", queues(f, true)}, {"unreachable", f.unreachable}});
}

std::string messages_json(const message_page& p, bool letters) {
  json out{{"messages", json::array()}};
  for (const auto& m : p.items) out["messages"].push_back(message(m, p.now));
  if (letters) {
    out["groups"] = json::array();
    for (const auto& g : p.groups) out["groups"].push_back({{"code", code_word(g.code)}, {"count", g.count}});
    out["total"] = p.total;
    out["more"] = p.more;
  }
  out["next_cursor"] = word(p.next_cursor);
  out["unreachable"] = p.unreachable;
  return text(out);
}

std::string redriven_json(const redrive_outcome& o) {
  json out{{"redriven", o.redriven}, {"refused", json::array()}};
  for (const auto& r : o.refused)
    out["refused"].push_back(
        {{"id", message_name(r.message)}, {"code", code_word(r.code)}, {"detail", r.detail}});
  return text(out);
}

std::string audit_json(const page<audit_row>& rows) {
  json out{{"entries", json::array()}};
  for (const auto& r : rows.items)
    out["entries"].push_back({{"at", time(r.at)},
                              {"who", r.who},
                              {"from", r.from},
                              {"what", r.what},
                              {"on", word(r.on)},
                              {"outcome", r.outcome},
                              {"reason", word(r.reason)},
                              {"node", r.node}});
  out["next_cursor"] = word(rows.next_cursor);
  return text(out);
}

std::string actors_json(const actor_page& p, const actor_query& q) {
  json out{{"actors", json::array()}, {"total", p.total}};
  for (const auto& a : p.items) out["actors"].push_back(actor(a));
  const auto next = q.from + p.items.size();
  out["next_cursor"] = next < p.total && !p.items.empty() ? json(std::to_string(next)) : json{};
  out["unreachable"] = p.unreachable;
  return text(out);
}

std::string actor_json(const actor_view& a) { return text(actor(a)); }

std::string actor_detail_json(const actor_detail& d) {
  auto out = actor(d.actor);
  out["events"] = json::array();
  for (const auto& e : d.events)
    out["events"].push_back({{"at", time(e.at)},
                             {"message", e.message},
                             {"waited_ms", rounded(e.waited_ms)},
                             {"worked_ms", rounded(e.worked_ms)},
                             {"outcome", e.failed ? "failed" : "done"}});
  out["children"] = d.children;
  return text(out);
}

std::string trace_json(const request_trace& t) {
  json hops = json::array();
  for (const auto& h : t.hops) hops.push_back(hop(h));
  return text({{"id", t.record.id.text()},
               {"status", to_string(t.record.status)},
               {"run", t.record.run},
               {"from", time(t.record.created_at)},
               {"to", is_final(t.record.status) ? time(t.record.updated_at) : json{}},
               {"hops", std::move(hops)},
               {"unreachable", t.unreachable}});
}

std::string overview_json(const overview_picture& o) {
  json nodes = json::array(), stages = json::array();
  for (const auto& n : o.nodes)
    nodes.push_back({{"name", n.name},
                     {"up", n.up},
                     {"draining", n.draining},
                     {"load", rounded(n.load)},
                     {"busy_workers", n.busy_workers},
                     {"workers", n.workers},
                     {"images_per_s", rounded(n.images_per_s)}});
  for (const auto& s : o.stages)
    stages.push_back({{"name", s.name},
                      {"workers", s.workers},
                      {"busy", s.busy},
                      {"rate", rounded(s.rate)},
                      {"p50_ms", rounded(s.p50_ms)},
                      {"p99_ms", rounded(s.p99_ms)}});
  json requests = json::object();
  for (std::size_t i = 0; i < o.requests.size(); ++i)
    requests[std::string{to_string(static_cast<request_status>(i))}] = o.requests[i];
  return text({{"at", time(o.at)},
               {"topics", topics(o.flow)},
               {"queues", queues(o.flow, false)},
               {"nodes", std::move(nodes)},
               {"stages", std::move(stages)},
               {"requests", std::move(requests)}});
}

std::string request_news_json(const request_id& id, request_status status, std::uint32_t run) {
  return text({{"id", id.text()}, {"status", to_string(status)}, {"run", run}});
}

}  // namespace dip::http
