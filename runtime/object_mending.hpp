// Files that this node is to have and has not, or has damaged: a queue, and one thread that mends one at a
// time.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "core/clock.hpp"
#include "core/errc.hpp"
#include "core/object.hpp"

namespace dip {

struct mending_config {
  std::size_t waiting = 16'384;  // files; what is beyond, the scrubber will find again
  unsigned tries = 6;            // while the failure is one that may pass
  milliseconds pause{5'000};     // before the second one, then doubling
};

// Any thread.
class object_mending {
public:
  // `mend` is called on the thread of this object, may block and must end soon after `stop` was called.
  object_mending(std::function<result<void>(const object_row&)> mend, mending_config config = {});
  ~object_mending();  // stops
  object_mending(const object_mending&) = delete;
  object_mending& operator=(const object_mending&) = delete;

  // True also when it waits already. False: there is no room, or it was stopped.
  bool add(const object_row& row);
  // What waits is forgotten.
  void stop();

  struct figures {
    std::uint64_t mended = 0, given_up = 0, pending = 0;
    std::string last_error;
  };
  [[nodiscard]] figures told() const;

private:
  struct job {
    object_row row;
    unsigned failures = 0;
    steady_time due;
  };
  void loop();
  void settle(job j, const result<void>& came);

  const std::function<result<void>(const object_row&)> mend_;
  const mending_config config_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<job> jobs_;         // in the order in which they are due
  std::set<object_name> names_;  // of what waits and what is under way
  figures figures_;
  bool stopped_ = false;
  std::thread thread_;  // last: it uses all the others
};

}  // namespace dip
