// Object files of one node: DATA/objects/<bucket>/<2 characters>/<key>, immutable, there completely or not at
// all.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/errc.hpp"
#include "core/object.hpp"

namespace dip {

// A file being written. It has no name until `commit`: dropping the writer leaves nothing behind. One thread
// at a time.
class object_writer {
public:
  struct written {
    std::uint64_t size = 0;
    std::string sha256;      // hex; empty when not asked for
    std::uint64_t xxh3 = 0;  // 0 when sha256 was asked for
  };

  virtual ~object_writer() = default;
  // Errors: `disk_full`, `io`. After an error only destruction is left.
  virtual result<void> write(std::string_view bytes) = 0;
  // The open file, for a child process or the header's probe; its offset is nobody's business.
  [[nodiscard]] virtual int descriptor() const = 0;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // What was written; from here on nothing more may be. `commit` does it by itself.
  virtual result<written> seal() = 0;
  // Makes the bytes durable under `name`: fsync of the file, link, fsync of the directory. `conflict` when
  // the name is taken. `durable` false (preprocessed files) leaves out both fsyncs. What a child wrote
  // through the descriptor is hashed here.
  virtual result<written> commit(const object_name& name, bool durable = true) = 0;
};

enum class checksum : unsigned char { sha256, xxh3 };

// An object open for reading. One thread at a time.
class object_reader {
public:
  virtual ~object_reader() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  // Up to `out.size()` bytes from `offset`; 0 at the end. `io` on error.
  virtual result<size_t> read(std::uint64_t offset, std::span<char> out) = 0;
  [[nodiscard]] virtual int descriptor() const = 0;
};

// Any thread. In-memory twin (on memfd) for tests: make_memory_object_store.
class object_store {
public:
  virtual ~object_store() = default;
  [[nodiscard]] virtual result<std::unique_ptr<object_writer>> create(bucket in, checksum sum) = 0;
  [[nodiscard]] virtual result<std::unique_ptr<object_reader>> open(const object_name& name) = 0;
  // `not_found` is no error: removing twice is fine.
  virtual result<void> remove(const object_name& name) = 0;
  // Makes a file that is there as durable as `commit` does, whoever put it there: `not_found`, `io`.
  virtual result<void> sync(const object_name& name) = 0;
  // Reads the whole file: `corrupt` when size or checksum differ from the row's, `not_found`, `io`.
  virtual result<void> verify(const object_row& row) = 0;
  // Every object there is, with the time of its last change, in no order; stops when `visit` answers false.
  virtual result<void> each(bucket in, const std::function<bool(const object_name&, wall_time)>& visit) = 0;
  [[nodiscard]] virtual result<std::uint64_t> free_bytes() const = 0;
};

// `directory` is DATA; it is made when it is not there. `io` or `disk_full` when objects cannot be made in
// it.
[[nodiscard]] result<std::unique_ptr<object_store>> open_object_store(const std::string& directory);
[[nodiscard]] std::unique_ptr<object_store> make_memory_object_store();

}  // namespace dip
