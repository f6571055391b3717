#include "actors/scrubbing.hpp"

#include <memory>
#include <utility>

#include "actors/directory.hpp"
#include "storage/scrub.hpp"
#include "storage/sweep.hpp"

namespace dip {
namespace {

using scrub_atom = caf::atom_constant<caf::atom("scrub")>;
using done_atom = caf::atom_constant<caf::atom("done")>;

constexpr std::chrono::minutes every{1};
// A file is made before its row: it must be this old before its missing row means anything.
constexpr std::chrono::hours grace{1};
constexpr std::uint64_t scrub_bytes = 32 * mebibyte;  // a round: half a MiB a second

bool has_row(const environment& env, const object_name& name) {
  if (name.partition().value >= env.store->partitions()) return false;
  return env.store->view(name.partition())->object(name).has_value();
}

// Rows that cannot be read are an exception, which a thread of ours must not let through.
template <class Work>
void guarded(actor_counters& counters, Work work) {
  try {
    work();
  } catch (const std::exception& e) {
    counters.set_last_error(e.what());
  }
}

void round(const environment& env, scrubber& walk, actor_counters& counters) {
  const auto swept = sweep_orphans(
      *env.objects, [&](const auto& name) { return has_row(env, name); }, env.time->wall() - grace);
  if (!swept) counters.set_last_error("sweep: " + swept.error().detail);
  for (const auto& bad : walk.step(scrub_bytes))
    if (has_row(env, bad.name))
      counters.set_last_error(bad.name.path() + " is " + std::string{to_string(bad.code)});
}

}  // namespace

scrubber_actor::behavior_type scrubbing(counted_actor<scrubber_actor, scrubber_state>* self,
                                        const environment* env, job_threads* threads) {
  self->label("scrubber");
  env->where->put(scrubber_actor{self});
  self->delayed_send(self, every, scrub_atom::value);
  // One walk per partition and durable bucket; a preprocessed file is verified when it is used.
  auto walks = std::make_shared<std::vector<scrubber>>();
  for (std::uint16_t p = 0; p < env->store->partitions(); ++p)
    for (const auto b : {bucket::request_files, bucket::processed_files})
      walks->emplace_back(*env->objects, [=](const auto& before, const auto& visit) {
        env->store->view({p})->each_object(b, before, visit);
      });
  return {
      [=](scrub_atom) {
        const auto turn = self->state.turn++ % walks->size();
        threads->run([=, counters = self->counters(), me = scrubber_actor{self}] {
          guarded(*counters, [&] { round(*env, walks->at(turn), *counters); });
          caf::anon_send(me, done_atom::value);
        });
      },
      // The next round waits for this one's end: on a slow disk they must not pile up.
      [=](done_atom) { self->delayed_send(self, every, scrub_atom::value); },
      [=](const std::vector<object_name>& gone) {
        threads->run([=, counters = self->counters()] {
          guarded(*counters, [&] {
            for (const auto& name : gone)
              if (const auto done = env->objects->remove(name); !done)
                counters->set_last_error(done.error().detail);
          });
        });
      },
  };
}

}  // namespace dip
