#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "actors/environment.hpp"

namespace dip {

// A fixed number of threads for work that blocks. What waits is bounded by the credit of those who hand it
// in.
class job_pool final : public job_threads {
public:
  explicit job_pool(unsigned threads);
  job_pool(const job_pool&) = delete;
  job_pool& operator=(const job_pool&) = delete;
  // Finishes what was handed in.
  ~job_pool() override;
  void run(std::function<void()> job) override;

private:
  void loop();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace dip
