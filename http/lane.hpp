// Threads for one kind of work, and a bounded queue before them in which the clients take turns.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace dip::http {

class connection;

// Any thread.
class lane {
public:
  // Threads are made as they are needed, `threads` at most. `run` must not throw.
  lane(std::size_t threads, std::size_t waiting, std::function<void(const std::shared_ptr<connection>&)> run)
      : most_threads_(threads), most_waiting_(waiting), run_(std::move(run)) {}
  ~lane() { stop(); }
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;

  // False when there is no room: `waiting` in all, three quarters of that for one client.
  [[nodiscard]] bool push(std::uint64_t client, std::shared_ptr<connection> what);
  // For what was begun and must be finished: there is always room.
  void push_again(std::uint64_t client, std::shared_ptr<connection> what);
  // Comes back when all that was pushed has run.
  void stop();

private:
  // Linked through the connections themselves.
  struct waiting_list {
    std::shared_ptr<connection> first;
    connection* last = nullptr;
    std::size_t size = 0;
  };
  void add(std::uint64_t client, std::shared_ptr<connection> what);  // with the mutex held, as `take`
  std::shared_ptr<connection> take();
  void call_another();  // a thread, where one would help
  void work();

  const std::size_t most_threads_;
  const std::size_t most_waiting_;
  const std::function<void(const std::shared_ptr<connection>&)> run_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::unordered_map<std::uint64_t, waiting_list> lists_;  // of those clients that have something waiting
  std::deque<std::uint64_t> turns_;                        // each of them once; the front is next
  std::vector<std::thread> threads_;
  std::size_t waiting_ = 0;
  std::size_t idle_ = 0;
  bool calling_ = false;  // a thread was called and has not come yet
  bool stopped_ = false;
};

}  // namespace dip::http
