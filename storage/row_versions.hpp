// Tells whether a row that was read before may have changed since, without reading it again.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <string_view>

namespace dip {

// Counters that many keys share: a version that is another says "perhaps", one that is the same says "no".
// Any thread; never waits.
class row_versions {
public:
  [[nodiscard]] std::uint64_t of(std::string_view key) const {
    return counts_.at(place(key)).load(std::memory_order_acquire);
  }
  // After the write, and before anybody is told of it.
  void changed(std::string_view key) { counts_.at(place(key)).fetch_add(1, std::memory_order_acq_rel); }
  // The same when it is not known which.
  void all_changed() {
    for (auto& count : counts_) count.fetch_add(1, std::memory_order_acq_rel);
  }

private:
  static constexpr size_t places = 4096;
  [[nodiscard]] static size_t place(std::string_view key) {
    return std::hash<std::string_view>{}(key) % places;
  }

  std::array<std::atomic<std::uint64_t>, places> counts_{};
};

}  // namespace dip
