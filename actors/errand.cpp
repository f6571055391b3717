#include "actors/errand.hpp"

#include <algorithm>
#include <utility>

#include <caf/all.hpp>

#include "actors/directory.hpp"
#include "actors/leaders.hpp"
#include "actors/links.hpp"
#include "actors/partition_news.hpp"

namespace dip {
namespace {

using self_ptr = errand_actor::stateful_pointer<errand_state>;
using again_atom = caf::atom_constant<caf::atom("again")>;

// Longer than any healthy failover; whoever waits at the gateway waits longer.
constexpr std::chrono::seconds in_all{8};
// Longer than any healthy commit.
constexpr std::chrono::seconds one_try{3};
constexpr milliseconds look_again{25};

void finish(self_ptr self, answer a) {
  if (!a.ok && self->state.doubtful) a.maybe_taken = true;
  self->state.promise.deliver(std::move(a));
  self->quit();
}

void later(self_ptr self) { self->delayed_send(self, look_again, again_atom::value); }

void hear(self_ptr self, const environment* env, answer a) {
  auto& s = self->state;
  if (a.ok || a.code != errc::no_quorum) return finish(self, std::move(a));
  s.doubtful = s.doubtful || a.maybe_taken;
  if (!a.leader.empty()) env->leads->hint(s.call.partition, a.leader);
  later(self);
}

void hear_link(self_ptr self, const environment* env, const std::string& node, const link_reply& r) {
  auto& s = self->state;
  if (r.ok) {
    if (auto a = decode<answer>(r.bytes)) return hear(self, env, std::move(*a));
    return finish(self, error_answer({errc::internal, node + " gave an answer that cannot be read", ""}));
  }
  s.doubtful = s.doubtful || r.maybe_taken;
  if (r.code != errc::no_quorum && r.code != errc::not_leader && r.code != errc::internal)
    return finish(self, error_answer({r.code, r.bytes, ""}));
  env->leads->hint(s.call.partition, {});
  later(self);
}

template <class Handle, class Record>
void ask_here(self_ptr self, const environment* env, const Handle& h, Record what, milliseconds within) {
  self->request(h, within, std::move(what))
      .then([=](answer& a) { hear(self, env, std::move(a)); },
            [=](const caf::error&) {
              self->state.doubtful = true;
              later(self);
            });
}

// False: it is not led here.
bool try_here(self_ptr self, const environment* env, milliseconds within) {
  const auto& call = self->state.call;
  if (!env->leads->is_here(call.partition)) return false;
  const auto log = env->where->partition(call.partition);
  switch (call.kind) {
    case envelope_kind::propose:
      if (auto m = decode<propose>(call.bytes); log && m)
        return ask_here(self, env, *log, std::move(*m), within), true;
      return false;
    case envelope_kind::read:
      if (auto m = decode<read_rows>(call.bytes); log && m)
        return ask_here(self, env, *log, std::move(*m), within), true;
      return false;
    case envelope_kind::publish:
      if (auto m = decode<topic_call>(call.bytes))
        if (const auto topic = env->where->topic(call.partition, m->topic))
          return ask_here(self, env, *topic, std::move(m->what), within), true;
      return false;
    default: return false;
  }
}

// Where this node keeps no replica it may have heard of no leader: any replica knows.
std::string whom_to_ask(self_ptr self, const environment* env) {
  auto& s = self->state;
  auto leader = env->leads->of(s.call.partition);
  if (!leader.empty() && leader != env->node) return leader;
  const auto place = env->place_of(s.call.partition);
  if (place.is_kept_by(env->node)) return {};
  return place.replicas.at(s.tries++ % place.replicas.size());
}

void go(self_ptr self, const environment* env) {
  auto& s = self->state;
  const auto now = env->time->steady();
  if (now >= s.until)
    return finish(self, error_answer({errc::no_quorum,
                                      "partition " + std::to_string(s.call.partition.value) +
                                          " has no leader that can be reached now",
                                      ""}));
  const auto left = std::min<milliseconds>(one_try, std::chrono::ceil<milliseconds>(s.until - now));
  if (try_here(self, env, left)) return;
  const auto node = whom_to_ask(self, env);
  const auto link = node.empty() ? std::nullopt : env->linked->find(node);
  if (!link) return later(self);
  self->request(*link, caf::infinite, link_request{s.call.kind, s.call.partition, s.call.bytes, left})
      .then([=](const link_reply& r) { hear_link(self, env, node, r); },
            [=](const caf::error&) {  // the link went down with it
              self->state.doubtful = true;
              later(self);
            });
}

}  // namespace

errand_actor::behavior_type errand(self_ptr self, const environment* env) {
  return {
      [=](far_call& call) -> caf::typed_response_promise<answer> {
        auto& s = self->state;
        s.call = std::move(call);
        s.promise = self->make_response_promise<answer>();
        s.until = env->time->steady() + in_all;
        go(self, env);
        return s.promise;
      },
      [=](again_atom) { go(self, env); },
  };
}

}  // namespace dip
