// The ordered bytes that the tables stand on: families of keys, atomic batches, snapshots. Two
// implementations, RocksDB and maps, behind one interface, so that every table is written once.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/errc.hpp"

namespace dip {

// The column families of docs/formats.md, "Tables".
enum class family : std::uint8_t {
  log,
  vote,
  requests,
  queues,
  objects,
  idempotency,
  callers,
  suppressions,
  meta,
  steering
};
inline constexpr std::uint8_t family_count = 10;
// Those that only applied entries change: a partition's state.
inline constexpr std::array state_families{family::requests,    family::queues,  family::objects,
                                           family::idempotency, family::callers, family::suppressions,
                                           family::steering};

// A consistent look. Any thread; keep it short-lived.
class kv_snapshot {
public:
  virtual ~kv_snapshot() = default;
  // Nothing when there is no such key. Errors: `corrupt`, `io`.
  [[nodiscard]] virtual result<std::optional<std::string>> get(family f, std::string_view key) const = 0;
  // Keys from `from` on that start with `prefix`, in order; ends when `visit` answers false.
  virtual result<void> each(family f, std::string_view prefix, std::string_view from,
                            const std::function<bool(std::string_view, std::string_view)>& visit) const = 0;
  // Keys strictly before `before` (or from the end, when it is empty) that start with `prefix`, in reverse.
  virtual result<void> each_back(
      family f, std::string_view prefix, std::string_view before,
      const std::function<bool(std::string_view, std::string_view)>& visit) const = 0;
};

// Changes that happen together or not at all.
class kv_batch {
public:
  virtual ~kv_batch() = default;
  virtual void put(family f, std::string_view key, std::string_view value) = 0;
  virtual void remove(family f, std::string_view key) = 0;
  // All keys from `from` up to, not including, `to`.
  virtual void remove_range(family f, std::string_view from, std::string_view to) = 0;
};

// Any thread; a batch belongs to one.
class kv_store {
public:
  virtual ~kv_store() = default;
  [[nodiscard]] virtual std::unique_ptr<kv_snapshot> snapshot() const = 0;
  [[nodiscard]] virtual std::unique_ptr<kv_batch> batch() const = 0;
  // `synced`: on disk before it returns. Errors: `io`, `disk_full`; the state is then unknown and the process
  // must end.
  virtual result<void> write(kv_batch& changes, bool synced) = 0;
  // Everything that was written, in all families but the log, no longer needs the write-ahead log.
  virtual result<void> flush_tables() = 0;
};

// The first key after all that start with `prefix` (which must not be all 0xff).
[[nodiscard]] std::string after_prefix(std::string_view prefix);

[[nodiscard]] std::unique_ptr<kv_store> make_memory_kv();

struct rocks_options {
  std::uint64_t write_buffers = 8ULL * 1024 * 1024;  // of all families together
};
// Makes the directory when it is missing. Errors: `conflict` (another process has it), `disk_full`, `io`,
// `corrupt`.
[[nodiscard]] result<std::unique_ptr<kv_store>> open_rocks_kv(const std::string& directory,
                                                              rocks_options options);

}  // namespace dip
