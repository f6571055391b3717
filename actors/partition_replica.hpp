// One replica of a partition as a node runs it: consensus over what the node's store keeps, with the tables
// as its state. No actor, and no timer: its owner carries messages, turns the clock and hears what comes of
// it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "consensus/replica.hpp"
#include "core/log_entry.hpp"
#include "storage/stored_partition.hpp"

namespace dip {

// One owner.
class partition_replica {
public:
  // `outcomes`: of the commands that were applied with it, in the log's order.
  using hearer = std::function<void(consensus::effects, const std::vector<apply_outcome>& outcomes)>;
  struct place {
    log_index index;
    term_number term;
    auto operator<=>(const place&) const = default;
  };

  // `partition` must be open, and nothing asked of it. `now` never goes back. `heard` is called for every
  // event, before its call here returns.
  partition_replica(node_id self, std::unique_ptr<stored_partition> partition,
                    std::function<milliseconds()> now, hearer heard);
  partition_replica(const partition_replica&) = delete;
  partition_replica& operator=(const partition_replica&) = delete;

  // Once, before all others. A single voter leads as soon as its first entry is durable.
  void start();
  void tick();
  void receive(consensus::message m);
  // What the store has posted, in order.
  void run(const std::vector<std::function<void()>>& steps);

  // As the leader; stamped with `wall`, or the latest stamp when that is later. It is settled in one of the
  // effects that follow. Errors, and then nothing was taken: `not_leader`, also before `effects::serves`;
  // `overloaded`; those of `stored_partition::may_take`.
  [[nodiscard]] result<place> propose(command what, wall_time wall);
  // Among `effects::reads`, or `given_up`, of one of the effects: possibly before this returns, therefore
  // `asked` is called first. Errors: `not_leader`.
  [[nodiscard]] result<void> read(const std::function<void(std::uint64_t id)>& asked);

  // As the leader, one step towards other members, or another leader. Errors: those of consensus/core.hpp.
  [[nodiscard]] result<void> change(const membership& wanted);
  [[nodiscard]] result<void> catch_up(node_id learner);
  [[nodiscard]] result<void> transfer(node_id to);
  // When the others are gone for good.
  [[nodiscard]] result<void> take_over(term_number term, const membership& members);

  // The replica has stopped: the process must end.
  void fail_with(const error& why);

  // When `tick` is to be called; nothing while there is nothing to wait for.
  [[nodiscard]] std::optional<milliseconds> next_timeout() const;
  [[nodiscard]] const consensus::core& core() const { return replica_.core(); }
  [[nodiscard]] log_index applied() const { return partition_->log().applied(); }

private:
  void hear(consensus::effects e);
  result<void> hear(result<consensus::effects> e);
  void flush_written();
  [[nodiscard]] bool is_alone() const;
  [[nodiscard]] wall_time stamp_now(wall_time wall);

  node_id self_;
  std::unique_ptr<stored_partition> partition_;
  std::function<milliseconds()> now_;
  hearer heard_;
  consensus::replica replica_;
  milliseconds next_timeout_{0};
  std::optional<std::uint64_t> written_;  // told by the store, not yet to the replica
  bool serves_ = false;
  bool stopped_ = false;
  // The time of entries, as the leader.
  struct pace {
    wall_time from;
    milliseconds since;
  };
  std::optional<pace> pace_;
};

}  // namespace dip
