#include "actors/dispatcher.hpp"

#include <algorithm>
#include <utility>

#include "actors/directory.hpp"
#include "core/plan.hpp"

namespace dip {
namespace {

using self_ptr = counted_actor<dispatcher_actor, dispatcher_state>*;

// The later stage first: what is nearly done is finished before something new is begun.
constexpr std::array<queue_name, queue_count> order{queue_name::notifier, queue_name::preprocess_ok,
                                                    queue_name::request};

// For a queue's answer to a lease request; what comes later, its leases' own deadline gives back.
constexpr std::chrono::seconds lease_deadline{10};

struct context {
  const environment* env;
  std::uint32_t slots;
};

constexpr size_t at(queue_name q) { return static_cast<size_t>(q); }
constexpr bool needs_slot(queue_name q) { return q != queue_name::notifier; }

void pump(self_ptr self, const context& c);

template <class Pred>
std::uint32_t count_workers(self_ptr self, Pred pred) {
  const auto& all = self->state.workers;
  return static_cast<std::uint32_t>(
      std::count_if(all.begin(), all.end(), [&](const auto& w) { return pred(w.second); }));
}

std::uint32_t credit(self_ptr self, const context& c, queue_name q) {
  const auto n = count_workers(self, [q](const auto& w) { return !w.busy && w.queue == q; });
  if (!needs_slot(q)) return n;
  // The other stage's answer may fill every slot that is free now; this one is asked after it.
  const auto other = q == queue_name::request ? queue_name::preprocess_ok : queue_name::request;
  if (self->state.asking[at(other)]) return 0;
  const auto used = count_workers(self, [](const auto& w) { return w.busy && needs_slot(w.queue); });
  return std::min(n, c.slots > used ? c.slots - used : 0);
}

// The slow lane: half of the slots, so that giants never hold all of them while small images wait.
std::uint32_t slow_credit(self_ptr self, const context& c) {
  const auto used = count_workers(self, [](const auto& w) { return w.busy && w.slow; });
  const auto lane = std::max(1U, c.slots / 2);
  return lane > used ? lane - used : 0;
}

struct place {
  partition_id partition;
  far_queue_actor queue;
};

// The next partition after the last one that was asked, so that none starves. A queue that is not there now
// is passed over: made again, it says itself what it has.
std::optional<place> next_place(self_ptr self, const context& c, queue_name q) {
  auto& hints = self->state.hints[at(q)];
  while (!hints.empty()) {
    auto it = hints.upper_bound(self->state.last[at(q)]);
    if (it == hints.end()) it = hints.begin();
    const auto p = self->state.last[at(q)] = *it;
    hints.erase(it);
    if (const auto queue = c.env->where->leading(p, q)) return place{p, *queue};
  }
  return std::nullopt;
}

void settle_drain(self_ptr self) {
  auto& s = self->state;
  const bool asking = std::find(s.asking.begin(), s.asking.end(), true) != s.asking.end();
  if (s.draining && !asking && count_workers(self, [](const auto& w) { return w.busy; }) == 0)
    s.draining->deliver(true);
}

void hand_out(self_ptr self, const context& c, lease_reply& reply) {
  auto& workers = self->state.workers;
  for (auto& w : reply.work) {
    const auto free = std::find_if(workers.begin(), workers.end(), [&](const auto& entry) {
      return !entry.second.busy && entry.second.queue == reply.queue;
    });
    if (free != workers.end() && !self->state.draining) {
      free->second.busy = true;
      free->second.slow = needs_slot(reply.queue) && is_slow(w.request.plan);
      self->send(free->second.handle, std::move(w));
    } else if (const auto h = c.env->where->leading(reply.partition, reply.queue)) {
      self->send(*h, not_begun(c.env->node, w));
    }
  }
}

void ask(self_ptr self, const context& c, queue_name q, std::uint32_t most) {
  const auto next = next_place(self, c, q);
  if (!next) return;
  self->state.asking[at(q)] = true;
  const auto answered = [=, p = next->partition](bool has_more) {
    self->state.asking[at(q)] = false;
    if (has_more) self->state.hints[at(q)].insert(p);
    settle_drain(self);
    pump(self, c);
  };
  self->request(next->queue, lease_deadline,
                lease_request{most, c.env->holder, needs_slot(q) ? slow_credit(self, c) : most})
      .then(
          [=](lease_reply& reply) {
            hand_out(self, c, reply);
            answered(reply.left > 0);
          },
          // Only slow, it is asked again: it believes that this dispatcher knows of it.
          [=](const caf::error& e) { answered(e == caf::sec::request_timeout); });
}

void pump(self_ptr self, const context& c) {
  if (self->state.draining) return;
  for (const auto q : order) {
    if (self->state.asking[at(q)] || self->state.hints[at(q)].empty()) continue;
    if (const auto n = credit(self, c, q); n > 0) ask(self, c, q, n);
  }
}

void note(self_ptr self, const context& c, std::uint64_t id, queue_name q, const worker_actor& w, bool busy) {
  const auto [seat, is_new] = self->state.workers.try_emplace(id);
  if (is_new) self->monitor(w);
  seat->second = {w, q, busy, false};
  settle_drain(self);
  pump(self, c);
}

}  // namespace

dispatcher_actor::behavior_type dispatcher(counted_actor<dispatcher_actor, dispatcher_state>* self,
                                           const environment* env, std::uint32_t slots) {
  const context c{env, slots};
  self->label("dispatcher");
  env->where->put(dispatcher_actor{self});
  // A dispatcher that was made again knows of no hints: every queue may have something.
  for (std::uint16_t p = 0; p < env->store->partitions(); ++p)
    for (const auto q : order) self->state.hints[at(q)].insert({p});
  self->set_down_handler([=](const caf::down_msg& down) {
    self->state.workers.erase(down.source.id());
    settle_drain(self);
    pump(self, c);
  });
  return {
      [=](const available& a) {
        self->state.hints[at(a.queue)].insert(a.partition);
        pump(self, c);
      },
      [=](const idle& i, const worker_actor& w) { note(self, c, i.worker, i.queue, w, false); },
      [=](const at_work& a, const worker_actor& w) { note(self, c, a.worker, a.queue, w, true); },
      [=](const drain&) -> caf::typed_response_promise<bool> {
        auto promise = self->make_response_promise<bool>();
        self->state.draining = promise;
        settle_drain(self);
        return promise;
      },
  };
}

}  // namespace dip
