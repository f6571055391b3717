// How long things took, in buckets of half an octave: a percentile is right to within a third of itself.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/codec.hpp"

namespace dip {

// Counts of durations, as a plain value; of two looks at one histogram, the later less the earlier is what
// came between.
struct duration_counts {
  static constexpr std::size_t size = 80;  // up to 2^40 ns, 18 minutes
  std::array<std::uint32_t, size> of{};

  [[nodiscard]] static constexpr std::size_t bucket(std::uint64_t ns) {
    if (ns < 2) return 0;
    const auto top = static_cast<std::size_t>(std::bit_width(ns)) - 1;
    const auto half = static_cast<std::size_t>(ns >> (top - 1) & 1U);
    const auto at = 2 * top + half;
    return at < size ? at : size - 1;
  }
  // The middle of a bucket, in ns.
  [[nodiscard]] static constexpr double middle(std::size_t bucket) {
    const auto base = static_cast<double>(std::uint64_t{1} << bucket / 2);
    return bucket % 2 == 0 ? base * 1.25 : base * 1.75;
  }
  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const auto n : of) sum += n;
    return sum;
  }
  // In ms; `share` of them took no longer. 0 where there is none.
  [[nodiscard]] double percentile_ms(double share) const {
    const auto all = total();
    if (all == 0) return 0;
    auto left = static_cast<std::uint64_t>(share * static_cast<double>(all - 1)) + 1;
    for (std::size_t i = 0; i < size; ++i) {
      if (of[i] >= left) return middle(i) / 1e6;
      left -= of[i];
    }
    return middle(size - 1) / 1e6;
  }
  duration_counts& operator-=(const duration_counts& earlier) {
    for (std::size_t i = 0; i < size; ++i) of[i] -= earlier.of[i];
    return *this;
  }
  duration_counts& operator+=(const duration_counts& more) {
    for (std::size_t i = 0; i < size; ++i) of[i] += more.of[i];
    return *this;
  }
};

// Any thread adds, any thread looks; never allocates.
class duration_histogram {
public:
  void add(std::uint64_t ns) { of_[duration_counts::bucket(ns)].fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] duration_counts counts() const {
    duration_counts out;
    for (std::size_t i = 0; i < duration_counts::size; ++i)
      out.of[i] = of_[i].load(std::memory_order_relaxed);
    return out;
  }

private:
  std::array<std::atomic<std::uint32_t>, duration_counts::size> of_{};
};

}  // namespace dip
