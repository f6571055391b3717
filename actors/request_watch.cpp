#include "actors/request_watch.hpp"

namespace dip {

request_watch::ticket::ticket(request_watch& watch, request_id id) : watch_(watch), id_(id) {
  const std::lock_guard lock{watch_.mutex_};
  auto& i = watch_.interests_[id_];
  ++i.tickets;
  seen_ = i.changes;
}

request_watch::ticket::~ticket() {
  const std::lock_guard lock{watch_.mutex_};
  const auto it = watch_.interests_.find(id_);
  if (--it->second.tickets == 0) watch_.interests_.erase(it);
}

bool request_watch::ticket::wait(steady_time deadline) {
  std::unique_lock lock{watch_.mutex_};
  auto& i = watch_.interests_.at(id_);
  const bool woken =
      watch_.changed_.wait_until(lock, deadline, [&] { return watch_.closed_ || i.changes != seen_; });
  seen_ = i.changes;
  return woken;
}

void request_watch::news(const request_id& id) {
  {
    const std::lock_guard lock{mutex_};
    const auto it = interests_.find(id);
    if (it == interests_.end()) return;
    ++it->second.changes;
  }
  changed_.notify_all();
}

void request_watch::news_of_all() {
  {
    const std::lock_guard lock{mutex_};
    for (auto& [id, i] : interests_) ++i.changes;
  }
  changed_.notify_all();
}

void request_watch::close() {
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
  }
  changed_.notify_all();
}

bool request_watch::closed() const {
  const std::lock_guard lock{mutex_};
  return closed_;
}

}  // namespace dip
