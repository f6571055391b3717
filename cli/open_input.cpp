#include "cli/open_input.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/interrupt.hpp"
#include "cli/nameless_file.hpp"

namespace dip::cli {
namespace {

tl::unexpected<std::string> refused() { return tl::make_unexpected(std::string(std::strerror(errno))); }

// Its size; -1 and errno.
std::int64_t copy_standard_input(int to) {
  std::vector<char> piece(size_t{64} * 1024);
  std::int64_t size = 0;
  while (true) {
    pollfd waiting{STDIN_FILENO, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, 100);
    if (interrupted()) errno = EINTR;
    if (interrupted() || (ready < 0 && errno != EINTR)) return -1;
    if (ready <= 0) continue;
    const ssize_t got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got == 0) return size;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 || !write_all(to, {piece.data(), static_cast<size_t>(got)})) return -1;
    size += got;
  }
}

}  // namespace

tl::expected<open_input, std::string> open_input::open(const std::string& path) {
  if (path == "-") {
    if (::isatty(STDIN_FILENO) == 1)
      return tl::make_unexpected(std::string("standard input is a terminal; send an image into it"));
    open_input spooled(nameless_file().release(), 0, "stdin");
    const std::int64_t size = spooled.fd_ < 0 ? -1 : copy_standard_input(spooled.fd_);
    if (size < 0) return refused();
    spooled.size_ = static_cast<std::uint64_t>(size);
    return spooled;
  }
  // Not a FIFO's other end is waited for; the type is looked at before anything is read.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return refused();
  open_input file(fd, 0, std::filesystem::path(path).filename().string());
  struct stat facts = {};
  if (::fstat(fd, &facts) != 0) return refused();
  if (!S_ISREG(facts.st_mode)) return tl::make_unexpected(std::string("is not a file"));
  file.size_ = static_cast<std::uint64_t>(facts.st_size);
  return file;
}

open_input::open_input(open_input&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), size_(other.size_), name_(std::move(other.name_)) {}

open_input::~open_input() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace dip::cli
