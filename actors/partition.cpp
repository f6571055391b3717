#include "actors/partition.hpp"

#include <array>
#include <stdexcept>
#include <utility>

#include "actors/directory.hpp"
#include "actors/queue.hpp"
#include "actors/topic.hpp"
#include "storage/retention.hpp"

namespace dip {
namespace {

using self_ptr = counted_actor<partition_actor, partition_state>*;
using retain_atom = caf::atom_constant<caf::atom("retain")>;

constexpr std::chrono::seconds retention_every{30};

answer refusal(const error& e) {
  answer a;
  a.ok = false;
  a.code = e.code;
  a.detail = e.detail;
  a.pointer = e.pointer;
  return a;
}

answer answer_of(const apply_outcome& o) {
  auto a = o.verdict ? answer{} : refusal(o.verdict.error());
  a.request = o.request;
  a.idempotency = o.idempotency;
  return a;
}

request_news news_of(const request_record& r) {
  return {r.id, r.status, r.run, r.timeline.empty() ? 0 : r.timeline.size() - 1};
}

// A queue's changes go through its topic, so that each queue sees one stream in the log's order.
void tell_topics(self_ptr self, const environment* env, const std::vector<apply_outcome>& outcomes) {
  std::array<committed, queue_count> by_topic;
  std::vector<object_name> removed;
  for (const auto& o : outcomes) {
    for (const auto& c : o.queues)
      by_topic.at(static_cast<size_t>(c.message.ref.queue)).queue.push_back({o.index, c.what, c.message});
    for (const auto& r : o.requests)
      by_topic.at(static_cast<size_t>(r.topic)).news.push_back(news_of(r.record));
    removed.insert(removed.end(), o.removed_objects.begin(), o.removed_objects.end());
  }
  const auto p = self->state.log->partition();
  for (size_t t = 0; t < by_topic.size(); ++t)
    if (!by_topic[t].queue.empty() || !by_topic[t].news.empty())
      if (const auto h = env->where->topic(p, static_cast<topic_name>(t)))
        self->send(*h, std::move(by_topic[t]));
  if (!removed.empty())
    if (const auto h = env->where->scrubber()) self->send(*h, std::move(removed));
}

void on_durable(self_ptr self, const environment* env, log_index up_to) {
  const auto outcomes = self->state.log->persisted(up_to);
  // The topics are told first: who has its answer finds the news under way already.
  tell_topics(self, env, outcomes);
  for (const auto& o : outcomes) {
    const auto it = self->state.waiting.find(o.index);
    if (it == self->state.waiting.end()) continue;
    it->second.deliver(answer_of(o));
    self->state.waiting.erase(it);
  }
}

void retain(self_ptr self, const environment* env) {
  const auto now = env->time->wall();
  const auto view = self->state.log->view();
  if (auto expired = find_expired(*view, now, env->cfg->retention)) {
    const auto put = self->state.log->propose(std::move(*expired), now);
    if (!put) self->counters()->set_last_error("retention: " + put.error().detail);
  }
  self->delayed_send(self, retention_every, retain_atom::value);
}

// What a topic that went down had under way to its queue is lost: the queue begins anew, from the rows.
void restart_queue(caf::local_actor* parent, const environment* env, partition_id p, queue_name q) {
  if (const auto h = env->where->queue(p, q)) parent->send_exit(*h, caf::exit_reason::user_shutdown);
}

std::vector<child_spec> house_of(const environment* env, partition_id p, term_number term,
                                 const partition_actor& me) {
  std::vector<child_spec> out;
  const auto number = "/" + std::to_string(p.value);
  for (std::uint8_t i = 0; i < queue_count; ++i) {
    const auto t = static_cast<topic_name>(i);
    const auto q = static_cast<queue_name>(i);
    out.push_back({std::string{to_string(t)} + number, [=](caf::local_actor* parent) {
                     auto h = parent->spawn(topic, env, p, t, me);
                     env->where->put(p, t, h);
                     restart_queue(parent, env, p, queue_of(t));
                     return caf::actor_cast<caf::actor>(h);
                   }});
    out.push_back({std::string{to_string(q)} + number, [=](caf::local_actor* parent) {
                     auto h = parent->spawn(queue, env, p, q, term, me);
                     env->where->put(p, q, h);
                     return caf::actor_cast<caf::actor>(h);
                   }});
  }
  return out;
}

}  // namespace

partition_state::~partition_state() {
  for (auto& [index, promise] : waiting) promise.deliver(caf::make_error(caf::sec::request_receiver_down));
}

partition_actor::behavior_type partition(counted_actor<partition_actor, partition_state>* self,
                                         const environment* env, partition_id p) {
  self->label("partition/" + std::to_string(p.value));
  auto log = env->open_replica(p);
  if (!log) throw std::runtime_error(log.error().detail);
  self->state.log = std::move(*log);
  const partition_actor me = self;
  env->where->put(p, me);
  // The rows as they are now are what the children begin with; what is durable and not applied yet comes as
  // deltas.
  self->state.kids.start(self, house_of(env, p, self->state.log->term(), me), env->time);
  self->delayed_send(self, retention_every, retain_atom::value);
  return {
      [=](propose& entry) -> caf::typed_response_promise<answer> {
        auto promise = self->make_response_promise<answer>();
        const auto index = self->state.log->propose(std::move(entry.what), env->time->wall());
        if (index)
          self->state.waiting.emplace(*index, promise);
        else
          promise.deliver(refusal(index.error()));
        return promise;
      },
      [=](const durable& d) { on_durable(self, env, d.up_to); },
      [=](retain_atom) { retain(self, env); },
      [=](children::restart_atom, std::uint64_t index) { self->state.kids.again(self, index); },
  };
}

}  // namespace dip
