#include "actors/scrubbing.hpp"

#include <memory>
#include <utility>

#include "actors/directory.hpp"
#include "storage/scrub.hpp"
#include "storage/sweep.hpp"

namespace dip {
namespace {

using scrub_atom = caf::atom_constant<caf::atom("scrub")>;

constexpr std::chrono::minutes every{1};
// A file is made before its row: it must be this old before its missing row means anything.
constexpr std::chrono::hours grace{1};
constexpr std::uint64_t scrub_bytes = 32 * mebibyte;  // a round: half a MiB a second

bool has_row(const environment& env, const object_name& name) {
  if (name.partition().value >= env.store->partitions()) return false;
  return env.store->view(name.partition())->object(name).has_value();
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
        threads->run([=, counters = self->counters()] {
          auto& walk = walks->at(turn);
          round(*env, walk, *counters);
        });
        self->delayed_send(self, every, scrub_atom::value);
      },
      [=](const std::vector<object_name>& gone) {
        threads->run([=, counters = self->counters()] {
          for (const auto& name : gone)
            if (const auto done = env->objects->remove(name); !done)
              counters->set_last_error(done.error().detail);
        });
      },
  };
}

}  // namespace dip
