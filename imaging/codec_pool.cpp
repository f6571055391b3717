#include "imaging/codec_pool.hpp"

#include <algorithm>
#include <utility>

namespace dip {

codec_pool::lease& codec_pool::lease::operator=(lease&& other) noexcept {
  if (this != &other) {
    give_back();
    pool_ = other.pool_;
    one_ = std::move(other.one_);
  }
  return *this;
}

void codec_pool::lease::give_back() {
  if (one_) pool_->take_back(std::move(one_));
}

result<std::unique_ptr<codec_pool>> codec_pool::make(codec_launcher& launcher, size_t count) {
  std::vector<std::unique_ptr<codec>> all;
  for (size_t i = 0; i < std::max<size_t>(count, 1); ++i) {
    auto one = launcher.launch();
    if (!one) return tl::unexpected{one.error()};
    all.push_back(std::move(*one));
  }
  return std::unique_ptr<codec_pool>{new codec_pool{std::move(all)}};
}

codec_pool::lease codec_pool::borrow() {
  std::unique_lock lock{mutex_};
  returned_.wait(lock, [this] { return !free_.empty(); });
  return take();
}

std::optional<codec_pool::lease> codec_pool::borrow_within(milliseconds time) {
  std::unique_lock lock{mutex_};
  if (!returned_.wait_for(lock, time, [this] { return !free_.empty(); })) return std::nullopt;
  return take();
}

codec_pool::lease codec_pool::take() {
  // The last one back: its memory is warm.
  auto one = std::move(free_.back());
  free_.pop_back();
  return lease{*this, std::move(one)};
}

void codec_pool::take_back(std::unique_ptr<codec> one) {
  {
    const std::lock_guard lock{mutex_};
    free_.push_back(std::move(one));
  }
  returned_.notify_one();
}

}  // namespace dip
