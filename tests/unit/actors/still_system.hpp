// An actor system in virtual time, on the test's own thread: nothing runs and no time passes until the test
// says so. Timers of CAF and the clock of what stands on it are one.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <catch2/catch_test_macros.hpp>

#include "core/clock.hpp"

namespace dip::test {

// What an actor answered, once it has.
template <class Answer>
struct pending {
  std::optional<Answer> value;
  std::optional<caf::error> failure;
  [[nodiscard]] bool open() const { return !value && !failure; }
};

class still_system {
public:
  still_system(const still_system&) = delete;
  still_system& operator=(const still_system&) = delete;

  // Runs all that can run now: the actors, and the writers of the logs.
  void settle();
  // The actors alone: nothing becomes durable.
  void run_actors() { scheduler_.run(); }
  // Each timer fires at its own moment, and what follows from it is settled before the next.
  void pass(std::chrono::nanoseconds time);
  // Of the wall clock alone, as when it is set.
  void set_wall_forward(milliseconds by) { wall_offset_ += by; }
  [[nodiscard]] wall_time wall() const { return time_.wall(); }

  // Ended with the system.
  template <class Handle>
  Handle keep(Handle h) {
    kept_.push_back(caf::actor_cast<caf::actor>(h));
    return h;
  }

  template <class Answer, class Handle, class Message>
  std::shared_ptr<pending<Answer>> ask(const Handle& whom, const Message& m) {
    auto out = std::make_shared<pending<Answer>>();
    keep(system.spawn([=](caf::event_based_actor* self) {
      self->request(whom, caf::infinite, m)
          .then([=](Answer& a) { out->value = std::move(a); }, [=](caf::error& e) { out->failure = e; });
    }));
    return out;
  }
  template <class Answer, class Handle, class Message>
  Answer answer_of(const Handle& whom, const Message& m) {
    const auto out = ask<Answer>(whom, m);
    settle();
    REQUIRE(out->value);
    return std::move(*out->value);
  }

protected:
  still_system();
  ~still_system() = default;
  // One step of each writer of a log; whether there was anything to write.
  virtual bool write_logs() = 0;
  // For the destructor of what stands on it.
  void end_actors();
  // Aborts when an actor is left that nobody ended.
  void must_be_empty();
  [[nodiscard]] const clock& time() const { return time_; }

private:
  struct still_clock final : clock {
    explicit still_clock(const still_system& of) : system(of) {}
    [[nodiscard]] wall_time wall() const override;
    [[nodiscard]] steady_time steady() const override;
    const still_system& system;
  };
  struct testing_config : caf::actor_system_config {
    testing_config() { set("scheduler.policy", caf::atom("testing")); }
  };

  milliseconds wall_offset_{0};
  still_clock time_{*this};
  testing_config config_;

public:
  caf::actor_system system{config_};

private:
  caf::scheduler::test_coordinator& scheduler_;
  std::vector<caf::actor> kept_;
};

}  // namespace dip::test
