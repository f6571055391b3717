#include "actors/queue.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "actors/directory.hpp"
#include "actors/links.hpp"
#include "core/plan.hpp"
#include "notify/destinations.hpp"

namespace dip {
namespace {

using self_ptr = counted_actor<queue_actor, queue_state>*;
using tick_atom = caf::atom_constant<caf::atom("tick")>;

// How long a grant that could not be logged waits before it is handed out again.
constexpr milliseconds after_refusal{1'000};
// How long a slow message waits when the slow lane is full.
constexpr milliseconds slow_lane_delay{250};
// How long a message waits for the node where its bytes are, before it may go anywhere.
constexpr milliseconds local_first{500};
// Of one answer: it has to pass a link.
constexpr size_t most_leased_bytes = max_message / 2;
// What is said to other nodes may be lost.
constexpr milliseconds tell_again{500};
// How long other nodes do not hear of what this node's own workers may take: else all come, and one gets it.
constexpr milliseconds head_start{3};
// For the log's answer. Beyond it the outcome is not known, and the lease's own deadline decides. No
// longer than it must be: CAF keeps a timer for it, answered or not.
constexpr std::chrono::seconds patience{10};

struct context {
  const environment* env;
  partition_id partition;
  queue_name name;
  partition_actor log;
};

void arm(self_ptr self, const context& c) {
  auto next = self->state.lines.next_deadline();
  if (const auto told = self->state.told; told && c.env->to_peers && self->state.lines.ready() > 0)
    next = next ? std::min(*next, *told + tell_again) : *told + tell_again;
  if (const auto at = self->state.others_at) next = next ? std::min(*next, *at) : *at;
  if (!next || (self->state.armed && *self->state.armed <= *next)) return;
  self->state.armed = next;
  const auto now = c.env->time->steady();
  const auto wait = *next > now ? *next - now : std::chrono::nanoseconds{0};
  self->delayed_send(self, wait, tick_atom::value, ++self->state.epoch);
}

void tell_others(self_ptr self, const context& c) {
  auto& at = self->state.others_at;
  if (!at) return;
  if (c.env->time->steady() < *at) return arm(self, c);
  at.reset();
  if (const auto ready = self->state.lines.ready(); ready > 0)
    c.env->to_peers->tell_all(envelope_kind::available, c.partition,
                              encode(available{c.partition, c.name, ready}));
}

// Coalesced: said once, and again only after a dispatcher has come, or when none does.
void tell(self_ptr self, const context& c) {
  auto& told = self->state.told;
  auto& left = self->state.left;
  if (self->state.lines.ready() == 0) return;
  const auto now = c.env->time->steady();
  const bool is_known = told && (!left || *left == self->state.lines.arrivals());
  if (is_known && (!c.env->to_peers || now < *told + tell_again)) return;
  left.reset();
  const auto own = c.env->where->dispatcher();
  if (own) self->send(*own, available{c.partition, c.name, self->state.lines.ready()});
  if (own || c.env->to_peers) told = now;
  if (c.env->to_peers && !self->state.others_at) self->state.others_at = own ? now + head_start : now;
  tell_others(self, c);
}

// What visibility is measured by: the log's time, when a clock that was ahead has left it ahead of this
// node's.
wall_time time_for(const context& c, const queue_message& m) {
  const auto wall = c.env->time->wall();
  return m.visible_at <= wall ? wall : std::max(wall, c.env->store->view(c.partition)->stamp());
}

// "n1" of "n1#01J…".
std::string node_of(const std::string& holder) { return holder.substr(0, holder.find('#')); }

// Whether this is work for another node, as long as that one may come for it: images go around the network
// only when it would take longer not to.
bool is_anothers(const context& c, const queue_message& m, const request_record& r,
                 const std::string& asking) {
  if (!c.env->to_peers || c.name == queue_name::notifier) return false;
  if (time_for(c, m) - m.visible_at >= local_first) return false;
  if (c.name == queue_name::request) return !c.env->place_of(c.partition).is_kept_by(asking);
  return r.preprocessed && r.preprocessed->node != asking &&
         (r.preprocessed->node == c.env->node || c.env->linked->up(r.preprocessed->node));
}

claim claim_of(const context& c, const queue_message& m, fencing_token token) {
  return {m.ref, token, c.env->node, "", 0};
}

// The last try: the request fails, or the notification does, and the message stays as a dead letter.
command last_word(const context& c, const queue_message& m, const claim& by, errc code,
                  const std::string& detail) {
  if (c.name == queue_name::notifier)
    return settle_notification{by, notification_state::failed, detail, true};
  fail_request f{
      by, {code, detail, m.kind == message_kind::preprocess ? "preprocess" : "process"}, true, {}, {}};
  const auto now = c.env->time->wall();
  f.record_expires_at = now + c.env->cfg->retention.requests;
  f.preprocessed_expires_at = now + c.env->cfg->retention.preprocessed_files;
  return f;
}

// The lease that was handed out is not the row's: its grant was passed over (the wall clock went back, and
// the message is not visible yet), or the row is gone. The row is right.
void read_again(self_ptr self, const context& c, const claim& by) {
  auto& lines = self->state.lines;
  const auto* held = lines.held(by.message.id, by.token);
  if (held == nullptr) return;
  const auto row = c.env->store->view(c.partition)->message(by.message);
  if (row)
    lines.apply(queue_change::kind::returned, *row, c.env->time->steady(), time_for(c, *row));
  else if (row.error().code == errc::not_found)
    lines.apply(queue_change::kind::removed, queue_message{*held}, c.env->time->steady(),
                c.env->time->wall());
  arm(self, c);
  tell(self, c);
}

void give_back_to_log(self_ptr self, const context& c, const queue_message& m, const claim& by,
                      const error& why, bool counted, milliseconds not_before = {}) {
  const auto& retry = self->state.retry;
  const auto delay = counted ? retry.after_failure(m, c.env->time->wall(), self->state.dice(), not_before)
                             : retry.after_loss(m, c.env->time->wall(), not_before);
  propose entry;
  if (delay)
    entry.what = return_message{by, why, counted, *delay};
  else
    entry.what = last_word(c, m, by, why.code, why.detail);
  // Not logged, the lease's own deadline brings it here again.
  self->request(c.log, patience, std::move(entry))
      .then(
          [=](const answer& a) {
            if (!a.ok && a.code == errc::stale_lease) read_again(self, c, by);
          },
          [](const caf::error&) {});
}

void rebuild(self_ptr self, const context& c) {
  auto& s = self->state;
  const auto view = c.env->store->view(c.partition);
  s.rebuilt_at = view->applied();
  // Unique within the term, also when this actor is made again in it.
  s.counter = s.rebuilt_at.value << 20;
  s.lines.pause(view->is_paused(c.name));
  const auto now = c.env->time->steady();
  const auto wall = std::max(c.env->time->wall(), view->stamp());
  std::vector<queue_message> orphans;
  const auto take_in = [&](const queue_message& m) {
    s.lines.apply(m.dead ? queue_change::kind::died : queue_change::kind::added, m, now, wall);
    // Leased by this node before it started anew: nobody works on it, and waiting would help nobody.
    const bool ours = m.leased && m.leased->node.starts_with(c.env->node + "#");
    if (!m.dead && ours && m.leased->node != c.env->holder) orphans.push_back(m);
    return true;
  };
  view->each_message(c.name, false, {}, take_in);
  view->each_message(c.name, true, {}, take_in);
  for (const auto& m : orphans)
    give_back_to_log(self, c, m, claim_of(c, m, m.leased->token),
                     {errc::worker_crashed, "the node was stopped", ""}, false);
}

// Messages with their requests, leased in memory; of slow ones no more than there is room for.
std::vector<leased_work> take(self_ptr self, const context& c, const lease_request& wanted) {
  auto& s = self->state;
  const auto view = c.env->store->view(c.partition);
  std::vector<result<request_record>> records;
  std::uint32_t slow = 0;
  size_t bytes = 0;
  const auto now = c.env->time->steady();
  const auto asking = node_of(wanted.holder);
  const auto wait_for = [&](const queue_message& m) -> std::optional<milliseconds> {
    auto record = view->request(m.request);
    const bool notifies = c.name == queue_name::notifier;
    if (record && notifies && c.env->to)
      if (const auto wait = c.env->to->wait_for(destination_of(*record, m.kind, *c.env->cfg), now);
          wait > milliseconds{0})
        return wait;
    if (record && is_anothers(c, m, *record, asking)) return std::nullopt;
    const bool is_giant = record && !notifies && is_slow(record->plan);
    if (is_giant && slow == wanted.most_slow) return slow_lane_delay;
    if (c.env->to_peers && record) {
      bytes += encode(*record).size();
      if (bytes > most_leased_bytes && !records.empty()) return std::nullopt;
    }
    slow += is_giant ? 1 : 0;
    records.push_back(std::move(record));
    return milliseconds{0};
  };
  auto grants = s.lines.take(wanted.most, s.term, s.counter, now, wait_for);
  std::vector<leased_work> work;
  for (size_t i = 0; i < grants.size(); ++i) {
    if (!records[i]) {
      self->counters()->set_last_error("a message without its request: " + records[i].error().detail);
      continue;
    }
    work.push_back({std::move(grants[i].message), grants[i].token, std::move(*records[i])});
  }
  return work;
}

lease_reply lease_out(self_ptr self, const context& c, const lease_request& wanted) {
  auto& s = self->state;
  s.told.reset();
  s.left.reset();
  lease_reply reply{c.partition, c.name, take(self, c, wanted), s.lines.ready()};
  if (reply.work.empty()) {
    // What is ready is another node's for now: who asks is told when that changes.
    if (c.env->to_peers && reply.left > 0) {
      reply.left = 0;
      s.told = c.env->time->steady();
      if (s.others_at) s.others_at = s.told;
      s.left = s.lines.arrivals();
    }
    return reply;
  }
  grant_leases entry{c.name, wanted.holder, {}};
  for (const auto& w : reply.work) entry.grants.push_back({w.message.ref.id, w.token});
  self->request(c.log, patience, propose{entry})
      .then(
          [=](const answer& a) {
            if (a.ok) return;
            for (const auto& g : entry.grants)
              self->state.lines.undo(g.id, g.token, c.env->time->steady(), after_refusal);
            arm(self, c);
          },
          [](const caf::error&) {});
  return reply;
}

void on_tick(self_ptr self, const context& c) {
  self->state.armed.reset();
  for (const auto& g : self->state.lines.expire(c.env->time->steady()))
    give_back_to_log(self, c, g.message, claim_of(c, g.message, g.token),
                     {errc::timeout, "the lease ran out", ""}, false);
}

// What an earlier queue of this term handed out may be under way in the log still: the rows are read behind a
// barrier, so that no lease is handed out twice and no token comes again. Until then all else waits.
void begin(self_ptr self, const context& c) {
  self->request(c.log, patience, propose{barrier{}})
      .await(
          [=](const answer& a) {
            if (!a.ok) return self->quit(caf::make_error(caf::sec::runtime_error, a.detail));
            rebuild(self, c);
            c.env->where->note_depth(c.partition, c.name, self->state.lines.size());
            arm(self, c);
            tell(self, c);
          },
          [=](const caf::error& e) { self->quit(e); });
}

}  // namespace

queue_actor::behavior_type queue(counted_actor<queue_actor, queue_state>* self, const environment* env,
                                 partition_id p, queue_name name, term_number term, partition_actor log) {
  const context c{env, p, name, std::move(log)};
  self->label(std::string{to_string(name)} + "/" + std::to_string(p.value));
  self->state.lines = queue_lines{env->cfg->workers.visibility};
  self->state.retry = retry_policy::of(name, *env->cfg);
  self->state.term = term.value;
  begin(self, c);
  return {
      [=](const delivered& d) {
        const auto now = c.env->time->steady();
        for (const auto& delta : d.deltas)
          if (delta.index > self->state.rebuilt_at)
            self->state.lines.apply(delta.what, delta.message, now, time_for(c, delta.message));
        c.env->where->note_depth(c.partition, c.name, self->state.lines.size());
        arm(self, c);
        tell(self, c);
      },
      [=](const lease_request& wanted) {
        auto reply = lease_out(self, c, wanted);
        tell_others(self, c);
        arm(self, c);
        return reply;
      },
      [=](const renew_lease& r) {
        return self->state.lines.renew(r.message.id, r.token, c.env->time->steady());
      },
      [=](const give_back& g) {
        if (const auto* m = self->state.lines.held(g.by.message.id, g.by.token))
          give_back_to_log(self, c, *m, g.by, {g.code, g.detail, ""}, g.counted, g.not_before);
      },
      [=](const ask_figures&) {
        auto f = self->state.lines.figures(c.env->time->wall());
        f.partition = c.partition;
        f.queue = c.name;
        return f;
      },
      [=](tick_atom, std::uint64_t epoch) {
        if (epoch != self->state.epoch) return;
        on_tick(self, c);
        tell_others(self, c);
        arm(self, c);
        tell(self, c);
      },
  };
}

}  // namespace dip
