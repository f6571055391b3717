#include "storage/disk_guard.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace dip {
namespace {

constexpr std::chrono::seconds look_every{1};
constexpr std::uint64_t mib = 1024ULL * 1024;
// With less than this left, RocksDB could not write a log file any more: the ballast goes.
constexpr std::uint64_t last_reserve = 16 * mib;

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

result<void> disk_guard::make_room() {
  const std::lock_guard lock{mutex_};
  give_up_when_low();
  if (free_ >= last_reserve) return {};
  return fail(errc::disk_full, directory_ + ": " + std::to_string(free_ / mib) +
                                   " MiB are left on this disk, and a node needs " +
                                   std::to_string(last_reserve / mib) + " MiB to start");
}

result<void> disk_guard::lay_ballast() {
  const std::lock_guard lock{mutex_};
  begun_ = true;
  return lay();
}

result<void> disk_guard::lay() const {
  // It is never synced: a power loss may leave its name with nothing behind it.
  struct stat there{};
  laid_ =
      ::stat(ballast_path().c_str(), &there) == 0 && static_cast<std::uint64_t>(there.st_size) >= ballast_;
  if (ballast_ == 0 || laid_) return {};
  if (ask(directory_) < least_free_ + ballast_) return {};
  const int fd = ::open(ballast_path().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0640);
  if (fd < 0) return fail(errc::io, ballast_path() + ": " + std::strerror(errno));
  const int bad = ::posix_fallocate(fd, 0, static_cast<off_t>(ballast_));
  ::close(fd);
  laid_ = bad == 0;
  if (laid_) {
    free_ = ask(directory_);
    return {};
  }
  ::unlink(ballast_path().c_str());
  return fail(bad == ENOSPC ? errc::disk_full : errc::io, ballast_path() + ": " + std::strerror(bad));
}

void disk_guard::look() const {
  const std::lock_guard lock{mutex_};
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < look_every) return;
  looked_ = now;
  free_ = ask(directory_);
  give_up_when_low();
  // What fails is tried again at the next look; the node does without it until then.
  if (begun_) (void)lay();
}

void disk_guard::give_up_when_low() const {
  if (free_ >= last_reserve || ::unlink(ballast_path().c_str()) != 0) return;
  laid_ = false;
  free_ = ask(directory_);
}

bool disk_guard::full() const {
  const auto free = free_bytes();
  // The ballast's room is not there to be taken: a ballast that was given up comes first when room is back.
  return free < least_free_ + (laid_ ? 0 : ballast_);
}

std::uint64_t disk_guard::free_bytes() const {
  look();
  return free_.load(std::memory_order_relaxed);
}

}  // namespace dip
