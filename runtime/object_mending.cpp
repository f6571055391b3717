#include "runtime/object_mending.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace dip {

object_mending::object_mending(std::function<result<void>(const object_row&)> mend, mending_config config)
    : mend_(std::move(mend)), config_(config), thread_([this] { loop(); }) {}

object_mending::~object_mending() {
  stop();
  thread_.join();
}

bool object_mending::add(const object_row& row) {
  {
    const std::lock_guard lock{mutex_};
    if (names_.contains(row.name)) return true;
    if (stopped_ || jobs_.size() >= config_.waiting) return false;
    names_.insert(row.name);
    // Before those that have failed already and wait for better times.
    const auto now = std::chrono::steady_clock::now();
    const auto at =
        std::upper_bound(jobs_.begin(), jobs_.end(), now, [](auto t, const job& j) { return t < j.due; });
    jobs_.insert(at, {row, 0, now});
  }
  changed_.notify_all();
  return true;
}

void object_mending::stop() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    jobs_.clear();
  }
  changed_.notify_all();
}

object_mending::figures object_mending::told() const {
  const std::lock_guard lock{mutex_};
  auto out = figures_;
  out.pending = names_.size();
  return out;
}

void object_mending::loop() {
  std::unique_lock lock{mutex_};
  while (!stopped_) {
    if (jobs_.empty()) {
      changed_.wait(lock);
      continue;
    }
    if (const auto due = jobs_.front().due; due > std::chrono::steady_clock::now()) {
      changed_.wait_until(lock, due);
      continue;
    }
    auto next = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    const auto came = mend_(next.row);
    lock.lock();
    settle(std::move(next), came);
  }
}

void object_mending::settle(job j, const result<void>& came) {
  if (came) {
    ++figures_.mended;
    names_.erase(j.row.name);
    return;
  }
  figures_.last_error = j.row.name.path() + ": " + came.error().detail;
  // Nobody has it, or nobody as it was: asking again soon would not change that.
  const auto code = came.error().code;
  const bool passes = may_pass(code) && code != errc::corrupt;
  if (stopped_ || !passes || ++j.failures >= config_.tries) {
    ++figures_.given_up;
    names_.erase(j.row.name);
    return;
  }
  j.due = std::chrono::steady_clock::now() + config_.pause * (1U << (j.failures - 1));
  const auto at =
      std::upper_bound(jobs_.begin(), jobs_.end(), j.due, [](auto t, const job& o) { return t < o.due; });
  jobs_.insert(at, std::move(j));
}

}  // namespace dip
