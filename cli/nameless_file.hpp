// A file that nobody else sees, for bytes that are needed whole.
#pragma once

#include <string_view>
#include <utility>

namespace dip::cli {

// In the temporary directory; gone with its owner.
class nameless_file {
public:
  nameless_file();  // fd() is below 0 when it cannot be made: `errno` says why
  ~nameless_file();
  nameless_file(nameless_file&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  nameless_file& operator=(nameless_file&&) = delete;
  [[nodiscard]] int fd() const { return fd_; }
  // The descriptor is the caller's from here on.
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

private:
  int fd_;
};

// False and errno.
[[nodiscard]] bool write_all(int fd, std::string_view bytes);

}  // namespace dip::cli
