// Token buckets, one for each who calls.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/clock.hpp"

namespace dip::http {

// How much there is at once, and how fast it comes back.
struct allowance {
  double burst = 0;
  double a_second = 0;
};

// Any thread. Remembers as many as have not been idle for so long that their bucket is full again, and
// `most` of those at the most: beyond that the one that is asked for is let through.
class rate_limiter {
public:
  explicit rate_limiter(std::size_t most = 100'000) : most_(most) {}

  // Takes `cost`; nothing: it was there. Else how long until it will be.
  [[nodiscard]] std::optional<milliseconds> take(const std::string& who, const allowance& of, steady_time now,
                                                 double cost = 1);
  // Takes what was used already: the bucket may come to be below zero.
  void charge(const std::string& who, const allowance& of, steady_time now, double cost);
  [[nodiscard]] std::size_t remembered() const;

private:
  struct bucket_state {
    double level = 0;
    steady_time at{};
    steady_time full_at{};
  };
  bucket_state* fill(const std::string& who, const allowance& of, steady_time now);
  void forget_full(steady_time now);

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, bucket_state> buckets_;
  steady_time next_look_{};
};

}  // namespace dip::http
