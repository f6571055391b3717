// What a replica of a partition keeps, on a node's store: the replicated log, and a state that its entries
// are applied to.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/replica_store.hpp"
#include "storage/kv.hpp"
#include "storage/log_change.hpp"
#include "storage/log_writer.hpp"
#include "storage/replicated_log.hpp"

namespace dip {

// Where changes go. What is asked for reaches the store in the order in which it was asked; what it calls
// back comes on the thread, and between the events, of who asked. A change that fails is not answered: the
// node ends.
class partition_disk {
public:
  virtual ~partition_disk() = default;
  // Durable, then `change.done`.
  virtual void write(log_change change) = 0;
  // Not synced; `done` may be empty.
  virtual void run(std::function<result<void>(kv_store&)> what, std::function<void()> done) = 0;
  // The log begins behind `start`, some time.
  virtual void cut(partition_id p, const snapshot_mark& start) = 0;
};

// The disk of a running node. `post` brings a step to the owner; whatever it brings after the store has gone
// must be dropped.
[[nodiscard]] std::unique_ptr<partition_disk> make_partition_disk(
    kv_store& kv, log_writer& writer, std::function<void(std::function<void()>)> post);

// What entries are applied to. Its rows are those of the partition in the store, with the applied index
// among them (family `meta`), which are written at once, or through `partition_disk::run`.
class partition_state {
public:
  virtual ~partition_state() = default;
  [[nodiscard]] virtual log_index applied() const = 0;
  // Errors: `corrupt`, `io`; the replica stops.
  virtual result<void> apply(const std::vector<replicated_entry>& entries) = 0;
  // As the rows have it: at the start, and when others were put in their place.
  virtual result<void> reload() = 0;
};

// One owner, which is also the replica's.
class partition_store : public replica_store {
public:
  // What stands below outlives it.
  struct ground {
    kv_store* kv = nullptr;
    partition_disk* disk = nullptr;
    partition_state* state = nullptr;
  };
  // To the replica: `consensus::replica` has members of these names.
  struct callbacks {
    std::function<void(std::uint64_t)> written;
    std::function<void()> put_in_place;
    std::function<void()> pinned;
    std::function<void(const error&)> failed;  // the replica must stop
  };

  // Completes an install that was cut off, and loads the state. Errors: as `recover_log`; `corrupt`: the
  // node's state must be set aside (storage/quarantine.hpp).
  [[nodiscard]] static result<std::unique_ptr<partition_store>> open(
      ground on, partition_id p, const std::optional<high_water_mark>& mark, replicated_log::options o);
  // Once, before the replica is started.
  void tell(callbacks to) { told_ = std::move(to); }

  [[nodiscard]] const replicated_log& log() const { return *log_; }

  [[nodiscard]] log_index first() const override { return log_->first(); }
  [[nodiscard]] log_index last() const override { return log_->last(); }
  [[nodiscard]] term_number term_at(log_index index) const override { return log_->term_at(index); }
  [[nodiscard]] result<std::vector<replicated_entry>> entries(log_index from, log_index to,
                                                              size_t bytes) const override {
    return log_->entries(from, to, bytes);
  }
  [[nodiscard]] const snapshot_mark& snapshot() const override { return log_->snapshot(); }

  [[nodiscard]] hard_state voted() const override { return log_->voted(); }
  void write(std::uint64_t number, const std::optional<hard_state>& voted, log_index first,
             std::vector<replicated_entry> entries) override;
  void durable(log_index up_to) override { log_->durable(up_to); }
  [[nodiscard]] log_index applied() const override { return on_.state->applied(); }
  result<void> apply(const std::vector<replicated_entry>& entries) override {
    return on_.state->apply(entries);
  }
  void pin() override;
  void keep_pinned(log_index at, std::uint64_t trailing) override;
  [[nodiscard]] result<state_piece> read_piece(const std::string& from, size_t bytes) const override;
  result<void> begin_staging() override;
  result<void> stage(const std::string& rows) override;
  void install(std::uint64_t number, const std::optional<hard_state>& voted,
               const snapshot_mark& mark) override;
  void put_in_place() override;

protected:
  partition_store(ground on, partition_id p, std::unique_ptr<replicated_log> log);

private:
  ground on_;
  partition_id p_;
  std::unique_ptr<replicated_log> log_;
  callbacks told_;
  std::shared_ptr<kv_snapshot> kept_;  // the state at `snapshot()`
  std::shared_ptr<std::shared_ptr<kv_snapshot>> pinned_;
};

}  // namespace dip
