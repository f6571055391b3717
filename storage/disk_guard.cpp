#include "storage/disk_guard.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace dip {
namespace {

constexpr std::chrono::seconds look_every{1};
// With less than this left, RocksDB could not write a log file any more: the ballast goes.
constexpr std::uint64_t last_reserve = 16ULL * 1024 * 1024;

std::uint64_t ask(const std::string& directory) {
  struct statvfs s{};
  if (::statvfs(directory.c_str(), &s) != 0) return 0;
  return static_cast<std::uint64_t>(s.f_bavail) * s.f_frsize;
}

}  // namespace

disk_guard::disk_guard(std::string directory, std::uint64_t least_free, std::uint64_t ballast)
    : directory_(std::move(directory)), least_free_(least_free), ballast_(ballast) {
  free_ = ask(directory_);
  looked_ = std::chrono::steady_clock::now();
}

result<void> disk_guard::lay_ballast() {
  if (ballast_ == 0 || ask(directory_) < least_free_ + ballast_) return {};
  const int fd = ::open(ballast_path().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) return fail(errc::io, ballast_path() + ": " + std::strerror(errno));
  const int bad = ::posix_fallocate(fd, 0, static_cast<off_t>(ballast_));
  ::close(fd);
  if (bad == 0) return {};
  ::unlink(ballast_path().c_str());
  return fail(bad == ENOSPC ? errc::disk_full : errc::io, ballast_path() + ": " + std::strerror(bad));
}

void disk_guard::look() const {
  const std::lock_guard lock{mutex_};
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < look_every) return;
  looked_ = now;
  free_ = ask(directory_);
  free_ballast_when_low();
}

void disk_guard::free_ballast_when_low() const {
  if (free_ < last_reserve && ::unlink(ballast_path().c_str()) == 0) free_ = ask(directory_);
}

bool disk_guard::full() const { return free_bytes() < least_free_; }

std::uint64_t disk_guard::free_bytes() const {
  look();
  return free_.load(std::memory_order_relaxed);
}

}  // namespace dip
