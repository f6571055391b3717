// What one node keeps: one RocksDB for the logs and tables of all its partitions, and the writer that syncs
// them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/errc.hpp"
#include "core/ids.hpp"
#include "core/log_entry.hpp"
#include "core/membership.hpp"

namespace dip {

// A consistent look at one partition's tables. Cheap; keep it short-lived. Any thread.
class state_view {
public:
  virtual ~state_view() = default;
  [[nodiscard]] virtual log_index applied() const = 0;
  [[nodiscard]] virtual wall_time stamp() const = 0;  // of the last applied entry

  // `not_found`, or `corrupt`.
  [[nodiscard]] virtual result<request_record> request(const request_id& id) const = 0;
  [[nodiscard]] virtual result<object_row> object(const object_name& name) const = 0;
  [[nodiscard]] virtual result<queue_message> message(const message_ref& ref) const = 0;
  [[nodiscard]] virtual result<idempotency_row> idempotency(std::string_view key) const = 0;
  [[nodiscard]] virtual result<suppression_row> suppression(std::string_view address) const = 0;

  // Newest first, strictly older than `before` when given; ends when `visit` answers false.
  virtual void each_request(const std::optional<request_id>& before,
                            const std::function<bool(const request_record&)>& visit) const = 0;
  virtual void each_object(bucket in, const std::optional<std::string>& before,
                           const std::function<bool(const object_row&)>& visit) const = 0;
  // Oldest first, from `from` on; dead letters apart from the living.
  virtual void each_message(queue_name queue, bool dead, message_id from,
                            const std::function<bool(const queue_message&)>& visit) const = 0;
  // Of the requests that came with the API key of this name: those that are not final.
  [[nodiscard]] virtual std::uint32_t live_requests(std::string_view caller) const = 0;
  virtual void each_idempotency(const std::function<bool(const idempotency_row&)>& visit) const = 0;
  // In the order of the addresses, strictly behind `after`.
  virtual void each_suppression(std::string_view after,
                                const std::function<bool(const suppression_row&)>& visit) const = 0;

  [[nodiscard]] virtual bool is_paused(queue_name queue) const = 0;
  // Newest first, strictly older than `before` when given.
  virtual void each_audit(const std::optional<ulid>& before,
                          const std::function<bool(const audit_row&)>& visit) const = 0;

  // Over all rows of the partition's tables; equal on replicas at the same applied index.
  [[nodiscard]] virtual std::uint64_t state_hash() const = 0;
};

class stored_partition;

// Any thread, but for what a partition says of itself.
class node_store {
public:
  // Called on the writer's thread when the log cannot be written: the process must end.
  using fatal_callback = std::function<void(const error&)>;

  struct options {
    std::uint16_t partitions = 8;
    std::uint64_t free_disk = 512ULL * 1024 * 1024;
    std::uint64_t ballast =
        64ULL * 1024 * 1024;  // given up when the disk is full, so that the log can end well
    std::uint64_t write_buffers = 8ULL * 1024 * 1024;  // of all column families together
    std::uint64_t log_keep = 4'096;  // applied entries kept before the log is cut, a partition
    fatal_callback on_fatal;
  };

  virtual ~node_store() = default;
  // Brings a step to the owner of a partition; what it brings after the partition was let go of must be
  // dropped. Called on the writer's thread, and on the owner's.
  using poster = std::function<void(std::function<void()>)>;
  // For one owner at a time (storage/stored_partition.hpp). A partition that has never voted begins with
  // `first` as its members; with none it waits for others to tell it. Errors: `not_found`; `conflict` while
  // it has an owner; `corrupt`, `io`.
  [[nodiscard]] virtual result<std::unique_ptr<stored_partition>> open_partition(partition_id partition,
                                                                                 const membership& first,
                                                                                 poster post) = 0;

  // What this node has applied.
  [[nodiscard]] virtual std::unique_ptr<state_view> view(partition_id partition) const = 0;
  // While it answers the same as it did before the row of `name` was read, that row is as it was. Never
  // waits.
  [[nodiscard]] virtual std::uint64_t version_of(const object_name& name) const = 0;
  // Refusals by limits.free_disk follow this; cheap, the file system is asked at most once a second.
  [[nodiscard]] virtual bool disk_full() const = 0;
  // Whether the log's syncs take so long, now, that others should lead.
  [[nodiscard]] virtual bool disk_slow() const = 0;
  [[nodiscard]] virtual std::uint16_t partitions() const = 0;
  struct figures {
    std::uint64_t syncs = 0, entries = 0, bytes = 0, sync_us_total = 0, log_entries = 0, free_bytes = 0;
  };
  [[nodiscard]] virtual figures stats() const = 0;
};

// Opens or makes DATA/state. Errors, each one line that says what to do: another process has it (`conflict`),
// it cannot be written or has no room (`io`, `disk_full`), it was made by another version or with another
// number of partitions, or the log is damaged (`corrupt`): a checksum chain that breaks, or a log that ends
// before its high-water mark.
[[nodiscard]] result<std::unique_ptr<node_store>> open_node_store(const std::string& directory,
                                                                  node_store::options options);

}  // namespace dip
