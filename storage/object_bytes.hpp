// What both object stores share: files that are written and read through a descriptor, and their checksums.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/errc.hpp"
#include "storage/object_store.hpp"

namespace dip {

// Owns a file descriptor.
class file_descriptor {
public:
  file_descriptor() = default;
  explicit file_descriptor(int fd) : fd_(fd) {}
  file_descriptor(file_descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  file_descriptor& operator=(file_descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~file_descriptor();
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

private:
  int fd_ = -1;
};

// The failure that errno's value `number` stands for, met while doing `what`: `disk_full` or `io`.
[[nodiscard]] tl::unexpected<error> fail_errno(std::string_view what, int number);

[[nodiscard]] result<std::uint64_t> size_of(int fd);
// Fills `out` from `offset` on, or up to the file's end; answers how much that was.
[[nodiscard]] result<size_t> read_at(int fd, std::uint64_t offset, std::span<char> out);

// A checksum of bytes that come piece by piece.
class digest {
public:
  virtual ~digest() = default;
  virtual void add(std::string_view bytes) = 0;
  // The checksum, and how many bytes it is of. Once.
  [[nodiscard]] virtual object_writer::written finish() = 0;
};
[[nodiscard]] std::unique_ptr<digest> make_digest(checksum sum);
[[nodiscard]] std::string sha256_hex(std::string_view bytes);
[[nodiscard]] result<object_writer::written> digest_of(int fd, checksum sum);

// Whether what was written is what the row says, size and checksum: `corrupt`.
[[nodiscard]] result<void> check_written(const object_writer::written& w, const object_row& row);
// The checksum that the row has.
[[nodiscard]] checksum checksum_of(const object_row& row);
// `object_store::verify` of an open file.
[[nodiscard]] result<void> verify_bytes(int fd, const object_row& row);

[[nodiscard]] std::unique_ptr<object_reader> make_reader(file_descriptor file, std::uint64_t size);

// A writer but for the name that it ends with.
class nameless_writer : public object_writer {
public:
  nameless_writer(file_descriptor file, checksum sum);
  result<void> write(std::string_view bytes) final;
  [[nodiscard]] int descriptor() const final { return file_.get(); }
  [[nodiscard]] std::uint64_t size() const final;
  // Bytes are read again only if others wrote to the file.
  result<written> seal() final;

protected:
  // As `seal`, before the file gets its name. Once.
  [[nodiscard]] result<written> finish();
  file_descriptor file_;

private:
  checksum sum_;
  std::unique_ptr<digest> digest_;  // none after `seal`
  std::uint64_t seen_ = 0;          // bytes that went through `write`
  std::optional<result<written>> sealed_;
  bool finished_ = false;
};

}  // namespace dip
