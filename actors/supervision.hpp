// What the partition and the supervisors have in common: children that are made again when they go down.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <caf/all.hpp>

#include "actors/census.hpp"
#include "actors/restart_policy.hpp"
#include "core/clock.hpp"

namespace dip {

// How to make a child; called in the supervisor's own context, so that the child is spawned as its child.
struct child_spec {
  std::string name;
  std::function<caf::actor(caf::local_actor* parent)> make;
};

// one_for_one over a fixed list. The owner gives its state one, and handles the atom `restart` with `again`.
// However the owner ends (asked to, killed, by an exception), its children end with it, the last one first.
class children {
public:
  using restart_atom = caf::atom_constant<caf::atom("restart")>;

  children() = default;
  children(const children&) = delete;
  children& operator=(const children&) = delete;
  // Runs with the owner's state. Not a link: that would end the owner with any of its children.
  ~children() { stop(); }
  // All end, and are forgotten.
  void stop() {
    // In reverse: who came last may still need who came first.
    for (auto r = rooms_.rbegin(); r != rooms_.rend(); ++r)
      if (r->handle) caf::anon_send_exit(r->handle, caf::exit_reason::user_shutdown);
    first_ += rooms_.size();
    rooms_.clear();
  }

  // Starts all in order and watches them; again after `stop`. `self` goes down with `sec::runtime_error` when
  // the restart intensity is exceeded: its own supervisor decides then.
  template <class Self>
  void start(Self* self, std::vector<child_spec> specs, const clock* time, restart_config config = {}) {
    for (auto& spec : specs) rooms_.push_back({std::move(spec), {}, restart_policy{config}});
    for (auto& r : rooms_) open(self, r);
    self->set_down_handler([this, self, time](caf::down_msg& down) { fell(self, down, time); });
  }

  template <class Self>
  void again(Self* self, std::uint64_t number) {
    // Meant for one that was stopped meanwhile.
    if (number < first_ || number - first_ >= rooms_.size()) return;
    if (auto& r = rooms_[number - first_]; !r.handle) open(self, r);
  }

private:
  struct room {
    child_spec spec;
    caf::actor handle;
    restart_policy policy;
  };

  template <class Self>
  static void open(Self* self, room& r) {
    r.handle = r.spec.make(self);
    self->monitor(r.handle);
    census::here().note_supervised(r.handle.id());
  }

  template <class Self>
  void fell(Self* self, const caf::down_msg& down, const clock* time) {
    for (size_t i = 0; i < rooms_.size(); ++i) {
      auto& r = rooms_[i];
      if (!r.handle || r.handle.address() != down.source) continue;
      r.handle = nullptr;
      const auto why = ended_by(self->system(), down.reason);
      const auto delay = r.policy.down(time->steady());
      census::here().note_restart(r.spec.name, why, delay.value_or(milliseconds{0}));
      if (delay)
        self->delayed_send(self, *delay, restart_atom::value, first_ + i);
      else
        escalate(self, r.spec.name);
      return;
    }
  }

  template <class Self>
  static void escalate(Self* self, const std::string& child) {
    self->counters()->set_last_error(child + " went down too often");
    self->quit(caf::make_error(caf::sec::runtime_error, child + " went down too often"));
  }

  std::vector<room> rooms_;
  std::uint64_t first_ = 0;  // the number of the first of them; those before belong to who was stopped
};

}  // namespace dip
