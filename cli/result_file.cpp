#include "cli/result_file.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dip::cli {
namespace {

tl::unexpected<error> refused(const std::string& path) {
  return fail(errc::io, path + " cannot be written: " + std::strerror(errno));
}
tl::unexpected<error> is_there(const std::string& path) {
  return fail(errc::conflict, path + " is there already; --force replaces it");
}

std::string part_name(const std::filesystem::path& whole) {
  static std::atomic<unsigned> count = 0;
  return (whole.parent_path() / ("." + whole.filename().string() + "." + std::to_string(::getpid()) + "." +
                                 std::to_string(count++) + ".part"))
      .string();
}

std::string through_proc(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

}  // namespace

result<result_file> result_file::create(const std::string& path, bool replace) {
  if (!replace && ::access(path.c_str(), F_OK) == 0) return is_there(path);
  const std::filesystem::path whole(path);
  const std::string dir = whole.has_parent_path() ? whole.parent_path().string() : ".";
  // Without a name it is gone when this process is killed. Not every file system can.
  if (const int fd = ::open(dir.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666); fd >= 0)
    return result_file(path, "", fd, replace);
  const std::string part = part_name(whole);
  const int fd = ::open(part.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return refused(path);
  return result_file(path, part, fd, replace);
}

result_file::result_file(std::string path, std::string part, int fd, bool replace)
    : path_(std::move(path)), part_(std::move(part)), fd_(fd), replace_(replace) {}

result_file::result_file(result_file&& other) noexcept
    : path_(std::move(other.path_)),
      part_(std::move(other.part_)),
      problem_(std::move(other.problem_)),
      fd_(std::exchange(other.fd_, -1)),
      replace_(other.replace_) {
  other.part_.clear();
}

result_file::~result_file() {
  if (fd_ >= 0) ::close(fd_);
  if (!part_.empty()) ::unlink(part_.c_str());
}

bool result_file::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      problem_ = refused(path_).value().detail;
      return false;
    }
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

bool result_file::restart() {
  if (::ftruncate(fd_, 0) == 0 && ::lseek(fd_, 0, SEEK_SET) == 0) return true;
  problem_ = refused(path_).value().detail;
  return false;
}

bool result_file::is_there_already() const {
  std::ifstream there(path_, std::ios::binary);
  std::array<char, 65536> ours{}, theirs{};
  for (off_t at = 0; there;) {
    there.read(theirs.data(), theirs.size());
    const auto count = there.gcount();
    if (::pread(fd_, ours.data(), ours.size(), at) != count) return false;
    if (count == 0) return there.eof();
    if (!std::equal(ours.begin(), ours.begin() + count, theirs.begin())) return false;
    at += count;
  }
  return there.eof();
}

result<void> result_file::finish() {
  const bool nameless = part_.empty();
  if (nameless && !replace_) {
    // Unlike rename, link never takes the place of a file that came meanwhile.
    if (::linkat(AT_FDCWD, through_proc(fd_).c_str(), AT_FDCWD, path_.c_str(), AT_SYMLINK_FOLLOW) == 0)
      return {};
    return errno == EEXIST ? is_there(path_) : refused(path_);
  }
  if (nameless) {
    part_ = part_name(path_);
    if (::linkat(AT_FDCWD, through_proc(fd_).c_str(), AT_FDCWD, part_.c_str(), AT_SYMLINK_FOLLOW) != 0)
      return refused(path_);
  }
  // Some file systems tell of a full disk only here.
  if (::close(std::exchange(fd_, -1)) != 0) return refused(path_);
  if (replace_) {
    if (std::rename(part_.c_str(), path_.c_str()) != 0) return refused(path_);
    part_.clear();
    return {};
  }
  // The destructor takes the other name away.
  if (::link(part_.c_str(), path_.c_str()) == 0) return {};
  return errno == EEXIST ? is_there(path_) : refused(path_);
}

}  // namespace dip::cli
