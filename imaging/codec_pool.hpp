// A few codecs shared by many threads.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "imaging/codec.hpp"

namespace dip {

// Any thread. Must outlive its leases.
class codec_pool {
public:
  // One codec, for one thread, back in the pool when this goes.
  class lease {
  public:
    lease(lease&&) noexcept = default;
    lease& operator=(lease&& other) noexcept;
    ~lease() { give_back(); }

    codec* operator->() const { return one_.get(); }
    codec& operator*() const { return *one_; }

  private:
    friend class codec_pool;
    lease(codec_pool& pool, std::unique_ptr<codec> one) : pool_(&pool), one_(std::move(one)) {}
    void give_back();

    codec_pool* pool_;
    std::unique_ptr<codec> one_;
  };

  // Launches `count` children, at least one, before any is needed. Errors: of `launch`.
  [[nodiscard]] static result<std::unique_ptr<codec_pool>> make(codec_launcher& launcher, size_t count);

  // Waits until one is free. A lease of a thread that holds one already may wait for ever.
  [[nodiscard]] lease borrow();
  // Nothing: none became free in time.
  [[nodiscard]] std::optional<lease> borrow_within(milliseconds time);

private:
  explicit codec_pool(std::vector<std::unique_ptr<codec>> all) : free_(std::move(all)) {}
  [[nodiscard]] lease take();
  void take_back(std::unique_ptr<codec> one);

  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<codec>> free_;
};

}  // namespace dip
