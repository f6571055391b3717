#include "runtime/image_info_cache.hpp"

namespace dip {

std::optional<image_info> image_info_cache::find(const key& of) {
  const std::lock_guard lock{mutex_};
  const auto found = index_.find(of);
  if (found == index_.end()) return std::nullopt;
  all_.splice(all_.begin(), all_, found->second);
  return found->second->second;
}

void image_info_cache::put(const key& of, image_info told) {
  const std::lock_guard lock{mutex_};
  if (index_.contains(of)) return;  // who asked at the same time was faster
  all_.emplace_front(of, std::move(told));
  index_[of] = all_.begin();
  if (all_.size() <= most_) return;
  index_.erase(all_.back().first);
  all_.pop_back();
}

}  // namespace dip
