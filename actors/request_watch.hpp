// Who waits for a request to change, on this node. Free of CAF: the relay tells, the gateway listens.
#pragma once

#include <functional>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "core/ids.hpp"

namespace dip {

// Any thread.
class request_watch {
public:
  // Lives as long as somebody is interested. `news` is called at each change and when the watch closes, on
  // the teller's thread: it must be quick and not touch the watch. None is running or will run when the
  // destructor has come back.
  class subscription {
  public:
    subscription(request_watch& watch, const request_id& id, std::function<void()> news);
    subscription(const subscription&) = delete;
    subscription& operator=(const subscription&) = delete;
    ~subscription();

  private:
    friend class request_watch;
    request_watch& watch_;
    request_id id_;
    std::function<void()> news_;
  };

  void news(const request_id& id);
  // News may have been missed: everybody who waits looks again.
  void news_of_all();
  // Wakes everybody, and those who come later at once: the node is stopping.
  void close();
  [[nodiscard]] bool closed() const;

private:
  mutable std::mutex mutex_;
  std::unordered_multimap<request_id, subscription*> subscriptions_;
  bool closed_ = false;
};

}  // namespace dip
