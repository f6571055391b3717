// Watches the room on the disk: refuses new things below limits.free_disk, and gives up a ballast file when
// even the log could no longer be written.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

#include "core/clock.hpp"
#include "core/errc.hpp"

namespace dip {

// Any thread. Asks the file system at most once a second.
class disk_guard {
public:
  disk_guard(std::string directory, std::uint64_t least_free, std::uint64_t ballast);
  // Makes the ballast when there is room for it beside the least free space. Called once; from then on it is
  // given up and laid again as the room comes and goes.
  result<void> lay_ballast();
  // To be called before anything is written: gives up the ballast of a node that stopped on a full disk.
  // `disk_full` when there is no room to begin even so; RocksDB would end the process instead of saying it.
  result<void> make_room();
  [[nodiscard]] bool full() const;
  [[nodiscard]] std::uint64_t free_bytes() const;

private:
  void look() const;
  void give_up_when_low() const;
  [[nodiscard]] result<void> lay() const;
  [[nodiscard]] std::string ballast_path() const { return directory_ + "/ballast"; }

  std::string directory_;
  std::uint64_t least_free_;
  std::uint64_t ballast_;
  mutable std::mutex mutex_;
  mutable steady_time looked_{};
  bool begun_ = false;  // lay_ballast was called
  mutable std::atomic<bool> laid_{false};
  mutable std::atomic<std::uint64_t> free_{0};
};

}  // namespace dip
