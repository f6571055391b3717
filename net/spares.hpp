#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace dip::net {

// Clients that one thread at a time uses, kept with their connections for whoever needs one next. Any thread.
template <class T>
class spares {
public:
  // One that nobody uses, or what `make` makes.
  template <class Make>
  [[nodiscard]] std::unique_ptr<T> take(Make make) {
    {
      const std::lock_guard lock{mutex_};
      if (!kept_.empty()) {
        auto last = std::move(kept_.back());
        kept_.pop_back();
        return last;
      }
    }
    return make();
  }
  void give_back(std::unique_ptr<T> one) {
    const std::lock_guard lock{mutex_};
    kept_.push_back(std::move(one));
  }

private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<T>> kept_;  // the one used last is taken first: its connection is the freshest
};

}  // namespace dip::net
