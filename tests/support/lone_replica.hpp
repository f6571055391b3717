// A partition with one voter, driven on the test's own thread: what its store posts is done while the test
// waits for it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "actors/partition_replica.hpp"
#include "actors/posted_steps.hpp"
#include "storage/node_store.hpp"

namespace dip::test {

class lone_replica {
public:
  // Answers when it leads. `work`: makes a store without a thread do what was asked of it.
  [[nodiscard]] static result<std::unique_ptr<lone_replica>> open(node_store& store, partition_id p,
                                                                  std::function<void()> work = {}) {
    std::unique_ptr<lone_replica> out{new lone_replica(std::move(work))};
    auto stored = store.open_partition(p, make_membership({me}),
                                       [steps = out->steps_](std::function<void()> s) { steps->post(s); });
    if (!stored) return tl::make_unexpected(stored.error());
    auto* raw = out.get();
    out->replica_ = std::make_unique<partition_replica>(
        me, std::move(*stored), [] { return milliseconds{0}; },
        [raw](const consensus::effects& e, const std::vector<apply_outcome>& outcomes) {
          raw->hear(e, outcomes);
        });
    out->replica_->start();
    while (!out->serves_)
      if (!out->step()) return fail(errc::internal, "the log failed");
    return out;
  }
  ~lone_replica() { steps_->close(); }
  lone_replica(const lone_replica&) = delete;
  lone_replica& operator=(const lone_replica&) = delete;

  [[nodiscard]] result<log_index> propose(command what, wall_time now) {
    auto at = replica_->propose(std::move(what), now);
    if (!at) return tl::make_unexpected(at.error());
    open_.insert(*at);
    return at->index;
  }
  // Waits until all that was proposed is applied; false when the log has failed instead.
  [[nodiscard]] bool settle() {
    while (!open_.empty())
      if (!step()) return false;
    return true;
  }
  // Of what was applied since it was asked last.
  [[nodiscard]] std::vector<apply_outcome> take_outcomes() { return std::exchange(outcomes_, {}); }
  [[nodiscard]] term_number term() const { return replica_->core().term(); }
  [[nodiscard]] log_index applied() const { return replica_->applied(); }

  // Any thread: nobody need wait any longer.
  void log_failed() {
    const std::lock_guard lock{mutex_};
    failed_ = true;
    woken_.notify_all();
  }

private:
  static constexpr node_id me{1};

  explicit lone_replica(std::function<void()> work) : work_(std::move(work)) {}

  void hear(const consensus::effects& e, const std::vector<apply_outcome>& outcomes) {
    serves_ = e.serves;
    for (const auto& p : e.proposals) open_.erase({p.index, p.term});
    outcomes_.insert(outcomes_.end(), outcomes.begin(), outcomes.end());
  }
  bool step() {
    if (work_) work_();
    {
      std::unique_lock lock{mutex_};
      woken_.wait(lock, [this] { return posted_ || failed_; });
      if (failed_) return false;
      posted_ = false;
    }
    replica_->run(steps_->take());
    return true;
  }

  std::function<void()> work_;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool posted_ = false;
  bool failed_ = false;
  std::shared_ptr<posted_steps> steps_ = std::make_shared<posted_steps>([this] {
    const std::lock_guard lock{mutex_};
    posted_ = true;
    woken_.notify_all();
  });
  std::unique_ptr<partition_replica> replica_;
  bool serves_ = false;
  std::set<partition_replica::place> open_;
  std::vector<apply_outcome> outcomes_;
};

}  // namespace dip::test
