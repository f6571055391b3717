// What every actor of ours stands on: it is counted, keeps its last error, and prints nothing by itself.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <string>
#include <utility>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include "actors/census.hpp"

namespace dip {

// What `m` holds, without looking into it.
[[nodiscard]] inline message_type type_of(const caf::mailbox_element& m) {
  const auto& content = m.content();
  if (content.empty()) return {};
  const auto first = content.type(0);
  if (first.first == caf::type_nr<caf::atom_value>::value)
    return {nullptr, static_cast<std::uint64_t>(content.get_as<caf::atom_value>(0))};
  if (first.second != nullptr) return {first.second, 0};
  // A message from the system: a child that is down, a call that took too long.
  if (first.first == caf::type_nr<caf::down_msg>::value) return {&typeid(caf::down_msg), 0};
  if (first.first == caf::type_nr<caf::exit_msg>::value) return {&typeid(caf::exit_msg), 0};
  if (first.first == caf::type_nr<caf::error>::value) return {&typeid(caf::error), 0};
  if (first.first == caf::type_nr<bool>::value) return {&typeid(bool), 0};
  return {};
}

// What ended an actor, in words. Nobody kills one but operators do.
inline std::string ended_by(const caf::actor_system& system, const caf::error& reason) {
  if (!reason) return "normal";
  return reason == caf::exit_reason::kill ? "restarted by an operator" : system.render(reason);
}

// What it costs a message: bench/micro/bench_actor.cpp.
template <class Base>
class counted : public Base {
public:
  explicit counted(caf::actor_config& cfg)
      : Base(cfg), counters_(census::here().add(this->id(), cfg.parent ? cfg.parent->id() : 0)) {
    counters_->end_actor = [who = this->address()] { caf::anon_send_exit(who, caf::exit_reason::kill); };
    this->set_exception_handler([this](std::exception_ptr& thrown) -> caf::error {
      failed_ = true;
      try {
        std::rethrow_exception(thrown);
      } catch (const std::exception& e) {
        counters_->set_last_error(e.what());
      } catch (...) {
        counters_->set_last_error("an exception of an unknown kind");
      }
      return caf::sec::runtime_error;
    });
  }

  // The name that people see: "rtp-request-queue/3".
  void label(std::string name) {
    counters_->set_name(std::move(name));
    counters_->set_kind(this->name());
  }
  [[nodiscard]] const std::shared_ptr<actor_counters>& counters() const { return counters_; }

  void enqueue(caf::mailbox_element_ptr message, caf::execution_unit* unit) override {
    counters_->came(now());
    Base::enqueue(std::move(message), unit);
  }

  caf::invoke_message_result consume(caf::mailbox_element& message) override {
    const auto begin = now();
    counters_->begin(begin, type_of(message));
    const auto outcome = Base::consume(message);
    if (outcome != caf::invoke_message_result::skipped)
      counters_->end(begin, now(), std::exchange(failed_, false));
    else
      counters_->not_now();
    return outcome;
  }

  bool cleanup(caf::error&& reason, caf::execution_unit* unit) override {
    census::here().remove(this->id(), ended_by(this->system(), reason));
    return Base::cleanup(std::move(reason), unit);
  }

private:
  [[nodiscard]] static std::int64_t now() {
    return std::chrono::steady_clock::now().time_since_epoch().count();
  }

  bool failed_ = false;
  std::shared_ptr<actor_counters> counters_;
};

// The `self` of an actor with interface `Handle` and state `State`.
template <class Handle, class State>
using counted_actor = caf::stateful_actor<State, counted<typename Handle::base>>;

}  // namespace dip
