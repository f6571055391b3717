#include "actors/request_watch.hpp"

namespace dip {

request_watch::subscription::subscription(request_watch& watch, const request_id& id,
                                          std::function<void()> news)
    : watch_(watch), id_(id), news_(std::move(news)) {
  const std::lock_guard lock{watch_.mutex_};
  watch_.subscriptions_.emplace(id_, this);
  if (watch_.closed_) news_();
}

request_watch::subscription::~subscription() {
  const std::lock_guard lock{watch_.mutex_};
  const auto [first, last] = watch_.subscriptions_.equal_range(id_);
  for (auto s = first; s != last; ++s)
    if (s->second == this) {
      watch_.subscriptions_.erase(s);
      return;
    }
}

void request_watch::news(const request_id& id) {
  const std::lock_guard lock{mutex_};
  const auto [first, last] = subscriptions_.equal_range(id);
  for (auto s = first; s != last; ++s) s->second->news_();
}

void request_watch::news_of_all() {
  const std::lock_guard lock{mutex_};
  for (const auto& [id, s] : subscriptions_) s->news_();
}

void request_watch::close() {
  const std::lock_guard lock{mutex_};
  closed_ = true;
  for (const auto& [id, s] : subscriptions_) s->news_();
}

bool request_watch::closed() const {
  const std::lock_guard lock{mutex_};
  return closed_;
}

}  // namespace dip
