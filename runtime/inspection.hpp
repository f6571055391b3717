// What nodes ask each other for operators, over their links (`envelope_kind::inspect`).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <caf/fwd.hpp>

#include "actors/environment.hpp"
#include "actors/introspection.hpp"
#include "core/introspection.hpp"

namespace dip {

// What is asked of a node. The numbers are the wire's.
struct inspection {
  enum class kind : std::uint8_t {
    flow,      // queues and topics
    actors,    // a part of those that fit
    actor,     // `key`: the number behind the dot of its id
    restart,   // likewise
    works,     // of the request `key`
    lead,      // `partition` is to be led by the node `key`
    drain,     // it takes no more, and hands all over
    overview,  // flow, stages, load
  };
  kind what = kind::flow;
  std::string key = {};
  std::uint16_t partition = 0;
  std::string actor_kind = {}, state = {}, parent = {}, text = {}, sort = {};
  std::uint64_t from = 0, limit = 0;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.what, s.key, s.partition, s.actor_kind, s.state, s.parent, s.text, s.sort, s.from, s.limit);
  }
};

// What it says; only what was asked for is there.
struct inspected {
  bool ok = true;
  errc code = errc::internal;
  std::string detail;
  std::vector<queue_sample> queues;
  std::vector<topic_sample> topics;
  std::vector<stage_sample> stages;
  std::vector<actor_view> actors;
  std::uint64_t total = 0;
  std::vector<actor_event_view> events;
  std::vector<std::string> children;
  std::vector<done_work> works;
  bool draining = false;
  double load = 0;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.ok, s.code, s.detail, s.queues, s.topics, s.stages, s.actors, s.total, s.events, s.children,
             s.works, s.draining, s.load);
  }
};

[[nodiscard]] inspected refused_inspection(errc code, std::string detail);

// How long a node may take; beyond it stands among those that cannot be reached.
inline constexpr milliseconds inspection_patience{1'000};

// Asks the peers named, or all; those that do not answer in time are missing. Blocks; any thread that is no
// actor's.
[[nodiscard]] std::map<std::string, inspected> inspect_peers(caf::actor_system& system,
                                                             const environment& env, const inspection& what,
                                                             const std::string& only = {});

// The actors of one node that fit, in the order of `what.sort` (empty: the tree), from `what.from` on.
void select_actors(const introspection& look, const inspection& what, inspected& out);
// Whether `a` stands before `b` in that order; of the tree as it comes.
[[nodiscard]] std::function<bool(const actor_view&, const actor_view&)> actor_order(const std::string& sort);

}  // namespace dip
