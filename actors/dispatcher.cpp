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

struct context {
  const environment* env;
  std::uint32_t slots;
};

constexpr size_t at(queue_name q) { return static_cast<size_t>(q); }
constexpr bool needs_slot(queue_name q) { return q != queue_name::notifier; }

void pump(self_ptr self, const context& c);

std::uint32_t credit(self_ptr self, const context& c, queue_name q) {
  auto n = static_cast<std::uint32_t>(self->state.free[at(q)].size());
  if (!needs_slot(q)) return n;
  const auto& busy = self->state.busy;
  const auto used = static_cast<std::uint32_t>(
      std::count_if(busy.begin(), busy.end(), [](const auto& b) { return needs_slot(b.second.queue); }));
  // The other stage's answer may fill every slot that is free now; this one is asked after it.
  const auto other = q == queue_name::request ? queue_name::preprocess_ok : queue_name::request;
  if (self->state.asking[at(other)]) return 0;
  return std::min(n, c.slots > used ? c.slots - used : 0);
}

// The slow lane: half of the slots, so that giants never hold all of them while small images wait.
std::uint32_t slow_credit(self_ptr self, const context& c) {
  const auto& busy = self->state.busy;
  const auto used = static_cast<std::uint32_t>(
      std::count_if(busy.begin(), busy.end(), [](const auto& b) { return b.second.slow; }));
  const auto lane = std::max(1U, c.slots / 2);
  return lane > used ? lane - used : 0;
}

// The next partition after the last one that was asked, so that none starves.
partition_id next_of(self_ptr self, queue_name q) {
  auto& hints = self->state.hints[at(q)];
  auto it = hints.upper_bound(self->state.last[at(q)]);
  if (it == hints.end()) it = hints.begin();
  self->state.last[at(q)] = *it;
  return *it;
}

void release(self_ptr self, const context& c, const lease_reply& reply, const leased_work& w) {
  if (const auto h = c.env->where->queue(reply.partition, reply.queue))
    self->send(*h,
               give_back{{w.message.ref, w.token, c.env->node, "", 0}, errc::overloaded, "not begun", false});
}

void hand_out(self_ptr self, const context& c, lease_reply& reply) {
  auto& free = self->state.free[at(reply.queue)];
  for (auto& w : reply.work) {
    if (free.empty() || self->state.draining) {
      release(self, c, reply, w);
      continue;
    }
    const auto worker = free.begin();
    self->state.busy[worker->first] = {reply.queue, needs_slot(reply.queue) && is_slow(w.request.plan)};
    self->send(worker->second, std::move(w));
    free.erase(worker);
  }
}

void ask(self_ptr self, const context& c, queue_name q, std::uint32_t most) {
  const auto p = next_of(self, q);
  const auto queue = c.env->where->queue(p, q);
  self->state.hints[at(q)].erase(p);
  if (!queue) return;  // made again, it says itself what it has
  self->state.asking[at(q)] = true;
  self->request(*queue, std::chrono::seconds{10},
                lease_request{most, c.env->holder, needs_slot(q) ? slow_credit(self, c) : most})
      .then(
          [=](lease_reply& reply) {
            self->state.asking[at(q)] = false;
            if (reply.left > 0) self->state.hints[at(q)].insert(p);
            hand_out(self, c, reply);
            pump(self, c);
          },
          [=](const caf::error&) {
            self->state.asking[at(q)] = false;
            pump(self, c);
          });
}

void pump(self_ptr self, const context& c) {
  if (self->state.draining) return;
  for (const auto q : order) {
    if (self->state.asking[at(q)] || self->state.hints[at(q)].empty()) continue;
    if (const auto n = credit(self, c, q); n > 0) ask(self, c, q, n);
  }
}

void settle_drain(self_ptr self) {
  if (self->state.draining && self->state.busy.empty()) self->state.draining->deliver(true);
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
    for (auto& free : self->state.free) free.erase(down.source.id());
    self->state.busy.erase(down.source.id());
    settle_drain(self);
    pump(self, c);
  });
  return {
      [=](const available& a) {
        self->state.hints[at(a.queue)].insert(a.partition);
        pump(self, c);
      },
      [=](const idle& i, const worker_actor& w) {
        if (self->state.busy.erase(i.worker) == 0) self->monitor(w);
        self->state.free[at(i.queue)].insert_or_assign(i.worker, w);
        settle_drain(self);
        pump(self, c);
      },
      [=](const drain&) -> caf::typed_response_promise<bool> {
        auto promise = self->make_response_promise<bool>();
        self->state.draining = promise;
        settle_drain(self);
        return promise;
      },
  };
}

}  // namespace dip
