// A partition's replicated log: what consensus sees of it, and the changes that keep it on the disk. What was
// asked to be written is seen at once; payloads are read back from the store when they are old.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/log_view.hpp"
#include "storage/high_water.hpp"
#include "storage/kv.hpp"
#include "storage/log_change.hpp"
#include "storage/log_recovery.hpp"

namespace dip {

// One owner. Its changes must be written in the order in which they were made.
class replicated_log final : public log_view {
public:
  struct options {
    size_t cached_bytes = size_t{4} * 1024 * 1024;  // of payloads of entries that are durable
  };

  // Errors: as `recover_log`.
  [[nodiscard]] static result<std::unique_ptr<replicated_log>> open(
      kv_store& kv, partition_id p, const std::optional<high_water_mark>& mark, options o);
  // The first change of a partition's first replicas: term 1, and the members as entry 1. Only of an empty
  // log.
  [[nodiscard]] log_change bootstrap(const membership& members);

  // Entries from `first` on replace what was there. Nothing for `entries`: term and vote alone.
  [[nodiscard]] log_change write(const std::optional<hard_state>& voted, log_index first,
                                 std::vector<replicated_entry> entries);
  // The state at `mark` is staged: log and state begin anew with it.
  [[nodiscard]] log_change install(const std::optional<hard_state>& voted, const snapshot_mark& mark);
  // Entries up to here are durable: their payloads need not be kept in memory.
  void durable(log_index up_to);

  // The state has applied what `mark` says, and is kept as of then.
  void keep_snapshot(const snapshot_mark& mark) { snapshot_ = mark; }
  // Forgets entries up to `start`, which must be applied. The store follows: `log_writer::cut`.
  void forget_up_to(const snapshot_mark& start);

  [[nodiscard]] const hard_state& voted() const { return voted_; }
  [[nodiscard]] log_index applied_at_open() const { return applied_; }
  [[nodiscard]] std::uint64_t checksum_at(log_index index) const;
  [[nodiscard]] entry_kind kind_at(log_index index) const;
  // The mark of the state at `index`, given the members there.
  [[nodiscard]] snapshot_mark mark_at(log_index index) const;

  [[nodiscard]] log_index first() const override { return {start_.index.value + 1}; }
  [[nodiscard]] log_index last() const override { return {start_.index.value + slots_.size()}; }
  [[nodiscard]] term_number term_at(log_index index) const override;
  [[nodiscard]] result<std::vector<replicated_entry>> entries(log_index from, log_index to,
                                                              size_t bytes) const override;
  [[nodiscard]] const snapshot_mark& snapshot() const override { return snapshot_; }

private:
  struct slot {
    term_number term;
    entry_kind kind = entry_kind::normal;
    std::uint64_t checksum = 0;
    std::optional<std::string> payload;  // nothing: only in the store
  };

  replicated_log(kv_store& kv, partition_id p, options o) : kv_(kv), p_(p), options_(o) {}
  void load(recovered_log log);
  void keep_up_to(log_index last);
  void add(log_change& change, replicated_entry entry);
  [[nodiscard]] const slot* at(log_index index) const;
  [[nodiscard]] log_change begin_change(const std::optional<hard_state>& voted);
  [[nodiscard]] result<replicated_entry> read_back(log_index index) const;

  kv_store& kv_;
  partition_id p_;
  options options_;
  hard_state voted_;
  snapshot_mark start_;
  snapshot_mark snapshot_;
  log_index applied_;
  std::deque<slot> slots_;  // the one behind `start_` first
  log_index dropped_;       // payloads up to here are only in the store
  size_t cached_ = 0;
};

}  // namespace dip
