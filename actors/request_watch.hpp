// Who waits for a request to change, on this node. Free of CAF: HTTP threads wait here, the relay wakes them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "core/clock.hpp"
#include "core/ids.hpp"

namespace dip {

// Any thread.
class request_watch {
public:
  // Announces interest: news that come while it lives are not missed.
  class ticket {
  public:
    ticket(request_watch& watch, request_id id);
    ticket(const ticket&) = delete;
    ticket& operator=(const ticket&) = delete;
    ~ticket();
    // Waits for news since the last call, until `deadline`; false when there were none. True at once when
    // closed.
    bool wait(steady_time deadline);

  private:
    request_watch& watch_;
    request_id id_;
    std::uint64_t seen_ = 0;
  };

  void news(const request_id& id);
  // News may have been missed: everybody who waits looks again.
  void news_of_all();
  // Wakes everybody, for good: the node is stopping.
  void close();
  [[nodiscard]] bool closed() const;

private:
  struct interest {
    std::uint32_t tickets = 0;
    std::uint64_t changes = 0;
  };
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<request_id, interest> interests_;
  bool closed_ = false;
};

}  // namespace dip
