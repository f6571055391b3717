#include "actors/proxies.hpp"

#include <string>
#include <utility>

#include <caf/all.hpp>

#include "actors/directory.hpp"
#include "actors/errand.hpp"
#include "actors/leaders.hpp"
#include "actors/links.hpp"

namespace dip {
namespace {

using queue_self = counted_actor<far_queue_actor, proxy_state>*;

// For a queue's answer: beyond it, the leases' own deadline gives back what it handed out.
constexpr std::chrono::seconds one_try{5};

std::string label_of(std::string_view what, partition_id p) {
  return "proxy/" + std::string{what} + "/" + std::to_string(p.value);
}

std::optional<link_actor> link_to_leader(const environment* env, partition_id p) {
  const auto node = env->leads->of(p);
  if (node.empty() || node == env->node) return std::nullopt;
  return env->linked->find(node);
}

// Whether the lease is still held, as the records between nodes say it.
bool value_of(const renewed& r) { return r.held; }
lease_reply value_of(lease_reply r) { return r; }

template <class Record, class Answer>
caf::result<Answer> ask_far(queue_self self, const environment* env, partition_id p, link_request what) {
  const auto link = link_to_leader(env, p);
  if (!link) return caf::make_error(caf::sec::request_receiver_down);
  auto promise = self->make_response_promise<Answer>();
  self->request(*link, caf::infinite, std::move(what))
      .then(
          [=](const link_reply& r) mutable {
            auto a = r.ok ? decode<Record>(r.bytes) : result<Record>{fail(r.code, r.bytes)};
            if (a) {
              promise.deliver(value_of(std::move(*a)));
              return;
            }
            self->counters()->set_last_error(a.error().detail);
            promise.deliver(
                caf::make_error(r.maybe_taken ? caf::sec::request_timeout : caf::sec::request_receiver_down));
          },
          [=](const caf::error& e) mutable { promise.deliver(e); });
  return promise;
}

}  // namespace

far_partition_actor::behavior_type partition_proxy(counted_actor<far_partition_actor, proxy_state>* self,
                                                   const environment* env, partition_id p) {
  self->label(label_of("partition", p));
  env->where->put(p, far_partition_actor{self});
  const auto send = [=](envelope_kind kind, std::string bytes) {
    return self->delegate(self->spawn(errand, env), far_call{kind, p, std::move(bytes)});
  };
  return {
      [=](const propose& m) { return send(envelope_kind::propose, encode(m)); },
      [=](const read_rows& m) { return send(envelope_kind::read, encode(m)); },
  };
}

far_topic_actor::behavior_type topic_proxy(counted_actor<far_topic_actor, proxy_state>* self,
                                           const environment* env, partition_id p, topic_name t) {
  self->label(label_of(to_string(t), p));
  env->where->put(p, t, far_topic_actor{self});
  return {
      [=](publish& m) {
        return self->delegate(self->spawn(errand, env),
                              far_call{envelope_kind::publish, p, encode(topic_call{t, std::move(m)})});
      },
  };
}

far_queue_actor::behavior_type queue_proxy(queue_self self, const environment* env, partition_id p,
                                           queue_name q) {
  self->label(label_of(to_string(q), p));
  env->where->put(p, q, far_queue_actor{self});
  return {
      [=](const lease_request& m) -> caf::result<lease_reply> {
        if (const auto here = env->where->queue(p, q)) return self->delegate(*here, m);
        return ask_far<lease_reply, lease_reply>(
            self, env, p, request_of(envelope_kind::lease, p, queue_call{q, m}, one_try));
      },
      [=](const renew_lease& m) -> caf::result<bool> {
        if (const auto here = env->where->queue(p, q)) return self->delegate(*here, m);
        return ask_far<renewed, bool>(self, env, p, request_of(envelope_kind::renew_lease, p, m, one_try));
      },
      [=](const give_back& m) {
        if (const auto here = env->where->queue(p, q)) return self->send(*here, m);
        env->linked->post(env->leads->of(p), {envelope_kind::give_back, p, encode(m)});
      },
  };
}

}  // namespace dip
