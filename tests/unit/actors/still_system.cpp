#include "tests/unit/actors/still_system.hpp"

#include <cstdio>
#include <cstdlib>

namespace dip::test {

wall_time still_system::still_clock::wall() const {
  constexpr wall_time epoch{std::chrono::hours{24 * 365 * 50}};
  return epoch + system.wall_offset_ + std::chrono::duration_cast<milliseconds>(steady().time_since_epoch());
}
steady_time still_system::still_clock::steady() const { return system.scheduler_.clock().now(); }

still_system::still_system()
    : scheduler_(dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler())) {}

void still_system::settle() {
  do run_actors();
  while (write_logs() || scheduler_.has_job());
}

void still_system::pass(std::chrono::nanoseconds time) {
  settle();
  auto& timers = scheduler_.clock();
  const auto end = timers.now() + time;
  while (!timers.schedule().empty() && timers.schedule().begin()->first <= end) {
    const auto next = timers.schedule().begin()->first;
    scheduler_.advance_time(next > timers.now() ? next - timers.now() : std::chrono::nanoseconds{0});
    settle();
  }
  scheduler_.advance_time(end - timers.now());
  settle();
}

void still_system::end_actors() {
  for (const auto& a : kept_) caf::anon_send_exit(a, caf::exit_reason::kill);
  kept_.clear();
  settle();
}

void still_system::must_be_empty() {
  if (const auto left = system.registry().running(); left > 0) {
    std::fprintf(stderr, "%zu actors are alive that nobody ended\n", left);
    std::abort();
  }
}

}  // namespace dip::test
