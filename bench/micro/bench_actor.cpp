// What being counted costs a message (actors/base.hpp): the same actor with and without, in turns.
//
//   bench_actor [messages a round] [rounds]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <vector>

#include <caf/all.hpp>

#include "actors/base.hpp"

namespace {

using count_actor = caf::typed_actor<caf::reacts_to<std::uint64_t>>;

struct count_state {
  static inline const char* name = "count";
  std::uint64_t left = 0;
  std::shared_ptr<std::promise<void>> done;
};

template <class Self>
count_actor::behavior_type count(Self* self, std::uint64_t messages,
                                 std::shared_ptr<std::promise<void>> done) {
  self->state.left = messages;
  self->state.done = std::move(done);
  return {[=](std::uint64_t) {
    if (--self->state.left > 0) return;
    self->state.done->set_value();
    self->quit();
  }};
}

count_actor::behavior_type plain(count_actor::stateful_pointer<count_state> self, std::uint64_t messages,
                                 std::shared_ptr<std::promise<void>> done) {
  return count(self, messages, std::move(done));
}

count_actor::behavior_type counted(dip::counted_actor<count_actor, count_state>* self, std::uint64_t messages,
                                   std::shared_ptr<std::promise<void>> done) {
  self->label("count");
  return count(self, messages, std::move(done));
}

// ns a message.
template <class Behaviour>
double round_of(caf::actor_system& system, Behaviour b, std::uint64_t messages) {
  auto done = std::make_shared<std::promise<void>>();
  auto ended = done->get_future();
  const auto to = system.spawn(b, messages, done);
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t i = 0; i < messages; ++i) caf::anon_send(to, i);
  ended.wait();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin).count() /
         static_cast<double>(messages);
}

double median(std::vector<double> all) {
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t messages = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 200'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 21;
  caf::actor_system_config config;
  caf::actor_system system{config};
  std::vector<double> without, with;
  for (int i = 0; i < rounds; ++i) {
    without.push_back(round_of(system, plain, messages));
    with.push_back(round_of(system, counted, messages));
  }
  std::printf("plain %.0f ns, counted %.0f ns, counting %.0f ns a message (medians of %d)\n", median(without),
              median(with), median(with) - median(without), rounds);
}
