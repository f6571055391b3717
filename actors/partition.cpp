#include "actors/partition.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>

#include "actors/directory.hpp"
#include "actors/group_keeper.hpp"
#include "actors/house.hpp"
#include "actors/leaders.hpp"
#include "actors/links.hpp"
#include "actors/partition_news.hpp"
#include "actors/row_search.hpp"
#include "consensus/parcel.hpp"
#include "core/failpoint.hpp"
#include "storage/retention.hpp"

namespace dip {
namespace {

using self_ptr = counted_actor<partition_actor, partition_owner>*;
using keep_atom = caf::atom_constant<caf::atom("keep")>;
using retain_atom = caf::atom_constant<caf::atom("retain")>;
using stored_atom = caf::atom_constant<caf::atom("stored")>;
using tick_atom = caf::atom_constant<caf::atom("tick")>;

constexpr std::chrono::seconds retention_every{30};
constexpr milliseconds keep_every{500};
// Whether this node's seat is known now.
constexpr milliseconds ask_again{20};
// Entries that somebody who is to lead may miss: they are sent before it takes over.
constexpr std::uint64_t close_enough = 256;
// Below the largest message between nodes.
constexpr size_t parcel_bytes = size_t{56} * 1024;

// What came of it is not known.
answer doubt(const error& e) {
  auto a = error_answer(e);
  a.maybe_taken = true;
  return a;
}

// Whoever waits for a place in the log cannot be told any more.
void give_up_all(self_ptr self) {
  for (auto& [place, promise] : std::exchange(self->state.waiting, {}))
    promise.deliver(doubt({errc::no_quorum, "the partition is not led here any more", ""}));
}

void wake_house(self_ptr self, const environment* env, partition_id p, term_number term) {
  self->state.awake_in = term;
  // The rows as they are now are what the children begin with; what is applied from here on comes as deltas.
  self->state.house.start(self, house_of(env, p, term, self), env->time);
  if (env->on_serves) env->on_serves(p, true);
}

void put_to_sleep(self_ptr self, const environment* env, partition_id p) {
  self->state.awake_in.reset();
  self->state.house.stop();
  give_up_all(self);
  if (env->on_serves) env->on_serves(p, false);
}

void follow_leadership(self_ptr self, const environment* env, partition_id p, const consensus::effects& e) {
  auto& s = self->state;
  if (s.awake_in && (!e.serves || *s.awake_in != e.term)) put_to_sleep(self, env, p);
  if (e.serves && !s.awake_in) wake_house(self, env, p, e.term);
}

void settle(self_ptr self, const std::vector<consensus::settled>& proposals,
            const std::vector<apply_outcome>& outcomes) {
  for (const auto& s : proposals) {
    const auto it = self->state.waiting.find({s.index, s.term});
    if (it == self->state.waiting.end()) continue;
    const auto o = std::lower_bound(outcomes.begin(), outcomes.end(), s.index,
                                    [](const apply_outcome& x, log_index i) { return x.index < i; });
    if (s.what == consensus::verdict::committed && o != outcomes.end() && o->index == s.index)
      it->second.deliver(answer_of(*o));
    else if (s.what == consensus::verdict::lost)
      it->second.deliver(error_answer({errc::no_quorum, "another leader has taken over", ""}));
    else
      it->second.deliver(doubt({errc::no_quorum, "another leader has taken over", ""}));
    self->state.waiting.erase(it);
  }
}

using lister = caf::typed_actor<caf::replies_to<read_rows>::with<answer>, caf::reacts_to<answer>>;
struct listing {
  static inline const char* name = "listing";
  caf::typed_response_promise<answer> promise;
};

lister::behavior_type list(lister::stateful_pointer<listing> self, job_threads* threads,
                           const std::shared_ptr<const state_view>& view) {
  return {[=](const read_rows& wanted) -> caf::result<answer> {
            self->state.promise = self->make_response_promise<answer>();
            threads->run([view, wanted, me = lister{self}] { caf::anon_send(me, find_rows(*view, wanted)); });
            return self->state.promise;
          },
          [=](answer& found) {
            self->state.promise.deliver(std::move(found));
            self->quit();
          }};
}

// Not on the thread that keeps a leadership.
void list_apart(self_ptr self, const environment* env, const std::shared_ptr<const state_view>& view,
                partition_owner::read_under_way& asked) {
  if (env->lists == nullptr) {
    asked.promise.deliver(find_rows(*view, asked.wanted));
    return;
  }
  asked.promise.delegate(self->system().spawn(list, env->lists, view), std::move(asked.wanted));
}

void answer_reads(self_ptr self, const std::vector<std::uint64_t>& ids,
                  const std::function<void(partition_owner::read_under_way&)>& with) {
  for (const auto id : ids) {
    const auto it = self->state.reading.find(id);
    if (it == self->state.reading.end()) continue;
    with(it->second);
    self->state.reading.erase(it);
  }
}

// A heartbeat, or the answer to one: nobody's client waits for it.
bool is_heartbeat(self_ptr self, const consensus::message& m) {
  if (const auto* append = std::get_if<consensus::append_entries>(&m.body)) return append->entries.empty();
  const auto* said = std::get_if<consensus::append_result>(&m.body);
  if (said == nullptr || said->rejected.value > 0) return false;
  return said->last == std::exchange(self->state.answered, said->last);
}

void send_parcels(self_ptr self, const environment* env, partition_id p,
                  std::vector<consensus::message> messages) {
  if (messages.empty() || env->to_peers == nullptr) return;
  bool can_wait = true;
  consensus::outbox out{parcel_bytes};
  for (auto& m : messages) {
    can_wait = is_heartbeat(self, m) && can_wait;
    out.add(p, std::move(m));
  }
  for (auto& [to, bytes] : out.take()) env->to_peers->send(to, p, std::move(bytes), can_wait);
}

milliseconds steady_now(const environment* env) {
  return std::chrono::floor<milliseconds>(env->time->steady().time_since_epoch());
}

// One timer at a time: what is due later than the one that runs is looked at when that one fires.
void arm(self_ptr self, const environment* env) {
  auto& s = self->state;
  const auto next = s.replica->next_timeout();
  if (!next || (s.armed && *s.armed <= *next)) return;
  s.armed = next;
  self->delayed_send(self, std::max(*next - steady_now(env), milliseconds{0}), tick_atom::value, ++s.epoch);
}

void hear(self_ptr self, const environment* env, partition_id p, consensus::effects e,
          const std::vector<apply_outcome>& outcomes) {
  send_parcels(self, env, p, std::move(e.messages));
  if (env->leads) env->leads->heard(p, e.leader, e.term.value);
  follow_leadership(self, env, p, e);
  // The topics are told first: who has its answer finds the news under way already.
  if (self->state.awake_in) tell_topics(env, p, outcomes);
  tell_scrubber(env, outcomes);
  if (!e.proposals.empty()) failpoint("before_answer");
  settle(self, e.proposals, outcomes);
  if (!e.reads.empty()) {
    const std::shared_ptr<const state_view> view = env->store->view(p);
    answer_reads(self, e.reads, [&](auto& asked) {
      if (is_listing(asked.wanted.what)) return list_apart(self, env, view, asked);
      asked.promise.deliver(find_rows(*view, asked.wanted));
    });
  }
  answer_reads(self, e.given_up, [](auto& asked) {
    asked.promise.deliver(error_answer({errc::no_quorum, "the partition is not led here any more", ""}));
  });
}

void take_parcel(self_ptr self, partition_id p, const parcel& from_peer) {
  auto messages = consensus::parse_parcel(from_peer.bytes);
  if (!messages) return self->counters()->set_last_error("a parcel: " + messages.error().detail);
  for (auto& m : *messages)
    if (m.partition == p) self->state.replica->receive(std::move(m.what));
}

// Nothing was taken: whoever is asked next may take it.
answer not_taken(self_ptr self, const environment* env, const error& e) {
  auto a = error_answer(e.code == errc::not_leader ? error{errc::no_quorum, e.detail, ""} : e);
  if (env->leads && e.code == errc::not_leader)
    a.leader = env->leads->node_of(self->state.replica->core().leader());
  return a;
}

void take(self_ptr self, const environment* env, command what, partition_owner::promise& promise) {
  const auto at = self->state.replica->propose(std::move(what), env->time->wall());
  if (at)
    self->state.waiting.emplace(*at, promise);
  else
    promise.deliver(not_taken(self, env, at.error()));
}

void retain(self_ptr self, const environment* env, partition_id p) {
  self->delayed_send(self, retention_every, retain_atom::value);
  if (!self->state.awake_in) return;
  const auto now = env->time->wall();
  const auto view = env->store->view(p);
  if (auto expired = find_expired(*view, now, env->cfg->retention)) {
    const auto put = self->state.replica->propose(std::move(*expired), now);
    if (!put) self->counters()->set_last_error("retention: " + put.error().detail);
    arm(self, env);
  }
}

std::unique_ptr<partition_replica> open_replica(self_ptr self, const environment* env, partition_id p,
                                                seat of) {
  if (!of.first.is_voter(of.as)) of.first = {};
  // Weak: a step on its way must not keep the actor alive.
  self->state.stored = std::make_shared<posted_steps>([me = self->address()] {
    if (const auto h = caf::actor_cast<caf::strong_actor_ptr>(me))
      caf::anon_send(caf::actor_cast<partition_actor>(h), stored_atom::value);
  });
  auto stored = env->open_partition(p, of.first, [steps = self->state.stored](std::function<void()> step) {
    steps->post(std::move(step));
  });
  if (!stored) throw std::runtime_error(stored.error().detail);
  return std::make_unique<partition_replica>(
      of.as, std::move(*stored), [env] { return steady_now(env); },
      [=](consensus::effects e, const std::vector<apply_outcome>& outcomes) {
        hear(self, env, p, std::move(e), outcomes);
      });
}

void begin(self_ptr self, const environment* env, partition_id p) {
  auto& s = self->state;
  const auto of = env->seat_of(p);
  if (!of) return self->delayed_send(self, ask_again, tick_atom::value, s.epoch);
  s.as = of->as;
  s.replica = open_replica(self, env, p, *of);
  s.replica->start();
  arm(self, env);
}

// Not beyond the message that it is made for: it looks at the replica as it is.
group_picture picture_of(self_ptr self, const environment* env, partition_id p) {
  const auto* core = &self->state.replica->core();
  const auto* leads = env->leads;
  auto wanted = env->place_of(p);
  if (const auto wished = leads->wished(p, env->time->steady()); !wished.empty()) wanted.leader = wished;
  return {
      .self = self->state.as,
      .members = core->members(),
      .changing = core->changing(),
      .wanted = std::move(wanted),
      .to_follow = leads->is_to_follow(env->node),
      .raft_name_of = [=](const std::string& node) { return leads->raft_name_of(node); },
      .node_of = [=](node_id id) { return leads->node_of(id); },
      .able = [=](const std::string& n) { return env->linked->up(n) && !leads->is_to_follow(n); },
      .caught_up = [=](node_id id) { return core->caught_up(id) == consensus::catch_up_state::finished; },
      .is_close = [=](node_id id) { return core->match(id).value + close_enough >= core->commit().value; }};
}

void keep(self_ptr self, const environment* env, partition_id p) {
  auto& s = self->state;
  if (!s.replica) return;
  const auto picture = picture_of(self, env, p);
  const auto& core = s.replica->core();
  env->leads->describe(p, {core.members(), core.last_term(), core.last()});
  if (env->changes) env->changes->group(p, !picture.changing && is_settled(picture));
  if (!s.awake_in) return;
  const auto step = next_step(picture);
  if (!step) return;
  if (step->what == group_step::kind::transfer) failpoint("before_transfer");
  result<void> done;
  switch (step->what) {
    case group_step::kind::change: done = s.replica->change(step->members); break;
    case group_step::kind::catch_up: done = s.replica->catch_up(step->id); break;
    case group_step::kind::transfer: done = s.replica->transfer(step->id); break;
  }
  if (!done)
    self->counters()->set_last_error("members: " + done.error().detail);
  else if (!step->why.empty())
    spdlog::info("partition {}: {}", p.value, step->why);
  arm(self, env);
}

answer take_over_group(self_ptr self, const environment* env, partition_id p, const take_over& what) {
  std::vector<std::string> nodes;
  for (const auto& n : nodes_of(*env)) nodes.push_back(n.name);
  const auto members = who_is_left(
      picture_of(self, env, p), nodes, [&](const auto& node) { return env->linked->up(node); }, what.empty);
  if (!members) return error_answer(members.error());
  if (auto done = self->state.replica->take_over(what.term, *members); !done)
    return error_answer(done.error());
  spdlog::warn("partition {}: its majority is given up; this node's copy is the truth from here on", p.value);
  return {};
}

}  // namespace

partition_owner::~partition_owner() {
  if (stored) stored->close();
  for (auto& [place, asked] : waiting) asked.deliver(caf::make_error(caf::sec::request_receiver_down));
  for (auto& [id, asked] : reading) asked.promise.deliver(caf::make_error(caf::sec::request_receiver_down));
}

partition_actor::behavior_type partition(counted_actor<partition_actor, partition_owner>* self,
                                         const environment* env, partition_id p) {
  self->label("partition/" + std::to_string(p.value));
  env->where->put(p, partition_actor{self});
  begin(self, env, p);
  self->delayed_send(self, retention_every, retain_atom::value);
  if (env->to_peers) self->delayed_send(self, keep_every, keep_atom::value);
  const auto not_begun_yet = [] {
    return error_answer({errc::no_quorum, "the node has not met the others yet", ""});
  };
  return {
      [=](propose& entry) -> caf::result<answer> {
        if (!self->state.replica) return not_begun_yet();
        auto promise = self->make_response_promise<answer>();
        take(self, env, std::move(entry.what), promise);
        arm(self, env);
        return promise;
      },
      [=](read_rows& wanted) -> caf::result<answer> {
        if (!self->state.replica) return not_begun_yet();
        auto promise = self->make_response_promise<answer>();
        const auto asked = self->state.replica->read([&](std::uint64_t id) {
          self->state.reading.emplace(id, partition_owner::read_under_way{std::move(wanted), promise});
        });
        if (!asked) promise.deliver(not_taken(self, env, asked.error()));
        arm(self, env);
        return promise;
      },
      [=](const parcel& from_peer) {
        if (!self->state.replica) return;
        take_parcel(self, p, from_peer);
        arm(self, env);
      },
      [=](const take_over& what) -> caf::result<answer> {
        if (!self->state.replica || !env->leads) return not_begun_yet();
        auto said = take_over_group(self, env, p, what);
        arm(self, env);
        return said;
      },
      [=](stored_atom) {
        self->state.replica->run(self->state.stored->take());
        arm(self, env);
      },
      [=](tick_atom, std::uint64_t epoch) {
        if (!self->state.replica) return begin(self, env, p);
        if (epoch != self->state.epoch) return;
        self->state.armed.reset();
        self->state.replica->tick();
        arm(self, env);
      },
      [=](retain_atom) { retain(self, env, p); },
      [=](keep_atom) {
        self->delayed_send(self, keep_every, keep_atom::value);
        keep(self, env, p);
      },
      [=](children::restart_atom, std::uint64_t number) { self->state.house.again(self, number); },
  };
}

}  // namespace dip
