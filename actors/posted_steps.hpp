// What is to be done between an owner's other events, brought by any thread.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace dip {

// Any thread. Shared by the owner and whoever brings steps, so that it may outlive the owner.
class posted_steps {
public:
  // `wake`: there are steps, on the thread that brought the first; once, until they are taken.
  explicit posted_steps(std::function<void()> wake) : wake_(std::move(wake)) {}

  void post(std::function<void()> step) {
    {
      const std::lock_guard lock{mutex_};
      if (closed_) return;
      steps_.push_back(std::move(step));
      if (steps_.size() > 1) return;
    }
    wake_();
  }
  [[nodiscard]] std::vector<std::function<void()>> take() {
    const std::lock_guard lock{mutex_};
    return std::exchange(steps_, {});
  }
  // The owner goes: what comes now is dropped.
  void close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    steps_.clear();
  }

private:
  std::function<void()> wake_;
  std::mutex mutex_;
  std::vector<std::function<void()>> steps_;
  bool closed_ = false;
};

}  // namespace dip
