// A file that is to be sent.
#pragma once

#include <cstdint>
#include <string>

#include <tl/expected.hpp>

namespace dip::cli {

// Owns the descriptor. Its position is not used, so that it can be sent again.
class open_input {
public:
  // "-" is standard input, read to its end into a file without a name. Errors: why not, in a few words.
  [[nodiscard]] static tl::expected<open_input, std::string> open(const std::string& path);
  ~open_input();
  open_input(open_input&& other) noexcept;
  open_input& operator=(open_input&&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  // Without directories; "stdin" of standard input.
  [[nodiscard]] const std::string& name() const { return name_; }

private:
  open_input(int fd, std::uint64_t size, std::string name) : fd_(fd), size_(size), name_(std::move(name)) {}

  int fd_;
  std::uint64_t size_;
  std::string name_;
};

}  // namespace dip::cli
