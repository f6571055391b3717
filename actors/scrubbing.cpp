#include "actors/scrubbing.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "actors/directory.hpp"
#include "actors/object_copies.hpp"
#include "storage/scrub.hpp"
#include "storage/sweep.hpp"

namespace dip {
namespace {

using scrub_atom = caf::atom_constant<caf::atom("scrub")>;
using done_atom = caf::atom_constant<caf::atom("done")>;
using move_atom = caf::atom_constant<caf::atom("move")>;
using moved_atom = caf::atom_constant<caf::atom("moved")>;
using look_atom = caf::atom_constant<caf::atom("look")>;

constexpr std::chrono::minutes every{1};
// A file is made before its row: it must be this old before its missing row means anything.
constexpr std::chrono::hours grace{1};
constexpr std::uint64_t scrub_bytes = 32 * mebibyte;  // a round: half a MiB a second
// While the cluster's nodes change: files that are to be here and are not.
constexpr std::chrono::seconds move_every{2};
// Of the time that such a walk takes, that passes before the next.
constexpr int move_rests = 10;
// A replica that was not needed for the majority may still be fetching when the row comes.
constexpr std::chrono::seconds on_its_way{10};

// One partition's rows in one durable bucket; a preprocessed file is verified when it is used.
struct walk {
  partition_id partition;
  scrubber::row_source rows;
  scrubber verified;
};

// What one round leaves to the next. On the threads' side, one round at a time.
class rounds {
public:
  explicit rounds(const environment& env) : env_(env) {
    for (std::uint16_t p = 0; p < env.store->partitions(); ++p)
      for (const auto b : {bucket::request_files, bucket::processed_files}) {
        const scrubber::row_source rows = [&env, p, b](const auto& before, const auto& visit) {
          env.store->view({p})->each_object(b, before, visit);
        };
        walks_.push_back({{p}, rows, scrubber{*env.objects, rows}});
      }
  }

  void run(std::uint64_t turn, actor_counters& counters) {
    note_what_left();
    const auto swept = sweep_orphans(
        *env_.objects, [&](const auto& name, wall_time changed) { return may_be_needed(name, changed); },
        env_.time->wall() - grace);
    if (!swept) counters.set_last_error("sweep: " + swept.error().detail);
    auto& w = walks_.at(turn % walks_.size());
    if (!kept_here(env_, w.partition)) return;
    if (env_.copies != nullptr)
      each_missing(*env_.objects, w.rows, [&](const object_row& row) { return env_.copies->mend(row); });
    for (const auto& bad : w.verified.step(scrub_bytes)) mend(bad, counters);
  }

  // Has what is missing fetched, and counts it.
  void look_for_moved(const environment& env) {
    const auto walk = env.changes->begin_walk();
    if (!walk) return;
    const auto now = env.time->wall();
    if (change_ != walk->change) {
      change_ = walk->change;
      known_to_all_ = now + on_its_way;
    }
    std::size_t missing = 0;
    for (const auto& w : walks_) {
      if (!env.place_of(w.partition).is_kept_by(env.node)) continue;
      each_missing(*env.objects, w.rows, [&](const object_row& row) {
        // One that is on its way is not missing: a majority of those who are to have it does, as far as the
        // node that took it knew of the change.
        if (row.created_at + on_its_way > now && row.created_at > known_to_all_) return true;
        (void)env.copies->mend(row);  // what finds no place is found again
        ++missing;
        return true;
      });
    }
    env.changes->end_walk(*walk, missing);
  }

private:
  // Since when this node has not been to keep what it may still have of a partition.
  void note_what_left() {
    for (std::uint16_t p = 0; p < env_.store->partitions(); ++p)
      if (kept_here(env_, {p}))
        left_.erase({p});
      else
        left_.try_emplace({p}, env_.time->steady());
  }

  // Of a file older than the grace.
  [[nodiscard]] bool may_be_needed(const object_name& name, wall_time changed) const {
    const auto p = name.partition();
    if (p.value >= env_.store->partitions()) return false;
    if (const auto left = left_.find(p); left != left_.end()) {
      if (env_.time->steady() - left->second < grace) return true;
      // One that was made here: nothing tells this node when its request is final.
      return name.in == bucket::preprocessed_files &&
             changed + grace + env_.cfg->retention.preprocessed_files > env_.time->wall();
    }
    const auto view = env_.store->view(p);
    const auto row = view->object(name);
    if (row || row.error().code != errc::not_found) return true;
    // Others may have made it durable, and this replica not have heard of it: it counts on what is here.
    return env_.copies != nullptr && view->stamp() < changed + grace;
  }

  // A file whose row went meanwhile is as it should be.
  void mend(const scrubber::finding& bad, actor_counters& counters) {
    const auto row = env_.store->view(bad.name.partition())->object(bad.name);
    if (!row) return;
    if (env_.copies == nullptr || bad.code != errc::not_found)
      counters.set_last_error(bad.name.path() + " is " + std::string{to_string(bad.code)});
    if (env_.copies != nullptr) env_.copies->mend(*row);
  }

  const environment& env_;
  std::vector<walk> walks_;
  std::map<partition_id, steady_time> left_;
  std::uint64_t change_ = 0;
  wall_time known_to_all_;
};

// Rows that cannot be read are an exception, which a thread of ours must not let through.
template <class Work>
void guarded(actor_counters& counters, Work work) {
  try {
    work();
  } catch (const std::exception& e) {
    counters.set_last_error(e.what());
  }
}

void look_for(const environment& env, const stored_objects& stored) {
  for (const auto& name : stored.names) {
    if (!kept_here(env, name.partition()) || env.objects->open(name)) continue;
    if (const auto row = env.store->view(name.partition())->object(name)) env.copies->mend(*row);
  }
}

}  // namespace

scrubber_actor::behavior_type scrubbing(counted_actor<scrubber_actor, scrubber_state>* self,
                                        const environment* env, job_threads* threads) {
  self->label("scrubber");
  env->where->put(scrubber_actor{self});
  self->delayed_send(self, every, scrub_atom::value);
  if (env->changes && env->copies) self->delayed_send(self, move_every, move_atom::value);
  auto all = std::make_shared<rounds>(*env);
  return {
      [=](scrub_atom) {
        const auto turn = self->state.turn++;
        threads->run([=, counters = self->counters(), me = scrubber_actor{self}] {
          guarded(*counters, [&] { all->run(turn, *counters); });
          caf::anon_send(me, done_atom::value);
        });
      },
      // The next round waits for this one's end: on a slow disk they must not pile up.
      [=](done_atom) { self->delayed_send(self, every, scrub_atom::value); },
      [=](move_atom) {
        threads->run([=, counters = self->counters(), me = scrubber_actor{self}] {
          const auto begun = env->time->steady();
          guarded(*counters, [&] { all->look_for_moved(*env); });
          const auto took = std::chrono::duration_cast<milliseconds>(env->time->steady() - begun);
          caf::anon_send(me, moved_atom::value,
                         std::int64_t{std::max<milliseconds>(move_every, move_rests * took).count()});
        });
      },
      [=](moved_atom, std::int64_t pause) {
        self->delayed_send(self, milliseconds{pause}, move_atom::value);
      },
      [=](const std::vector<object_name>& gone) {
        threads->run([=, counters = self->counters()] {
          guarded(*counters, [&] {
            for (const auto& name : gone)
              if (const auto done = env->objects->remove(name); !done)
                counters->set_last_error(done.error().detail);
          });
        });
      },
      [=](const stored_objects& stored) { self->delayed_send(self, on_its_way, look_atom::value, stored); },
      [=](look_atom, const stored_objects& stored) {
        threads->run(
            [=, counters = self->counters()] { guarded(*counters, [&] { look_for(*env, stored); }); });
      },
  };
}

}  // namespace dip
