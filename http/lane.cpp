#include "http/lane.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include "http/connection.hpp"

namespace dip::http {

bool lane::push(std::uint64_t client, std::shared_ptr<connection> what) {
  const std::lock_guard lock{mutex_};
  if (stopped_ || waiting_ >= most_waiting_) return false;
  const auto found = lists_.find(client);
  if (found != lists_.end() && found->second.size >= std::max<std::size_t>(1, most_waiting_ / 4 * 3))
    return false;
  add(client, std::move(what));
  return true;
}

void lane::push_again(std::uint64_t client, std::shared_ptr<connection> what) {
  const std::lock_guard lock{mutex_};
  add(client, std::move(what));
}

void lane::add(std::uint64_t client, std::shared_ptr<connection> what) {
  auto& list = lists_[client];
  connection* const last = what.get();
  if (list.size++ == 0) {
    list.first = std::move(what);
    turns_.push_back(client);
  } else {
    list.last->next_waiting = std::move(what);
  }
  list.last = last;
  ++waiting_;
  call_another();
}

// One at a time: while it is on its way, those that are here often do the work, and whoever comes calls the
// next one. Waking a thread for each piece costs more than most pieces do.
void lane::call_another() {
  if (calling_ || waiting_ == 0) return;
  if (idle_ > 0)
    filled_.notify_one();
  else if (threads_.size() < most_threads_ && !stopped_)
    threads_.emplace_back([this] { work(); });
  else
    return;
  calling_ = true;
}

std::shared_ptr<connection> lane::take() {
  const auto client = turns_.front();
  turns_.pop_front();
  const auto found = lists_.find(client);
  auto out = std::move(found->second.first);
  found->second.first = std::move(out->next_waiting);
  --waiting_;
  if (--found->second.size == 0)
    lists_.erase(found);
  else
    turns_.push_back(client);
  return out;
}

void lane::work() {
  // Sending a file to a peer that is gone cannot be told to stay silent, as other sending can.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  std::unique_lock lock{mutex_};
  calling_ = false;
  for (;;) {
    ++idle_;
    while (waiting_ == 0 && !stopped_) {
      filled_.wait(lock);
      calling_ = false;
    }
    --idle_;
    if (waiting_ == 0) return;
    auto what = take();
    call_another();
    lock.unlock();
    run_(what);
    what.reset();
    lock.lock();
  }
}

void lane::stop() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    threads.swap(threads_);
  }
  filled_.notify_all();
  for (auto& t : threads) t.join();
}

}  // namespace dip::http
