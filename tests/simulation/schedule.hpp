// Simulated time: what is to happen, in order of its millisecond and, within one, of its being planned.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

namespace dip::simulation {

class schedule {
public:
  [[nodiscard]] std::int64_t now() const { return now_; }
  void at(std::int64_t time, std::function<void()> what) {
    events_.push({time < now_ ? now_ : time, ++planned_, std::move(what)});
  }
  void after(std::int64_t delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }
  // Everything up to `time`, as long as `go_on` answers true.
  void run_until(std::int64_t time, const std::function<bool()>& go_on) {
    while (!events_.empty() && events_.top().time <= time && go_on()) {
      auto what = std::move(const_cast<event&>(events_.top()).what);
      now_ = events_.top().time;
      events_.pop();
      what();
    }
    if (go_on()) now_ = time;
  }

private:
  struct event {
    std::int64_t time = 0;
    std::uint64_t order = 0;
    std::function<void()> what;
    bool operator<(const event& other) const {
      return time != other.time ? time > other.time : order > other.order;
    }
  };
  std::int64_t now_ = 0;
  std::uint64_t planned_ = 0;
  std::priority_queue<event> events_;
};

}  // namespace dip::simulation
