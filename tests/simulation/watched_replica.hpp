// A replica on a machine whose disk and network are simulated, and who sees everything that it does. What
// drives it is what a node has: consensus/replica.hpp over storage/partition_store.hpp.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "consensus/replica.hpp"
#include "storage/partition_store.hpp"
#include "tests/simulation/machine.hpp"
#include "tests/simulation/registers.hpp"

namespace dip::simulation {

class watched_replica {
public:
  watched_replica(world& w, machine& home, partition_id p);

  // Errors: `corrupt` when its log is damaged.
  [[nodiscard]] result<void> open();
  // Under the name that its machine has by now.
  void start();
  void receive(consensus::message m);

  // A client's.
  void propose(const std::vector<std::string>& commands);
  void read();
  // An operator's.
  void transfer(node_id to);
  void change(const membership& wanted);
  void catch_up(node_id learner);

  [[nodiscard]] const consensus::core& core() const { return replica_->core(); }
  [[nodiscard]] const replicated_log& log() const { return store_->log(); }
  [[nodiscard]] node_id core_id() const { return home_.id(); }
  [[nodiscard]] bool leads() const { return core().role() == consensus::role::leader; }
  [[nodiscard]] log_index applied() const { return state_.applied(); }
  [[nodiscard]] bool own_members_committed() const;

private:
  // Steps of the machine, on its disk; what is durable is noted before the replica hears of it.
  class entering_disk final : public partition_disk {
  public:
    explicit entering_disk(watched_replica& of) : of_(of) {}
    void write(log_change change) override { of_.write(std::move(change)); }
    void run(std::function<result<void>(kv_store&)> what, std::function<void()> done) override;
    void cut(partition_id p, const snapshot_mark& start) override;

  private:
    watched_replica& of_;
  };

  void take(consensus::effects e);
  void write(log_change change);
  void note_appended(log_index first, const std::vector<replicated_entry>& entries, term_number before);
  void note_durable(log_index first, const std::vector<replicated_entry>& entries);
  void note_applied(log_index at, const replicated_entry& entry);
  void note_installed();
  void check(const consensus::message& m);
  void count(const consensus::message& m);
  void arm(milliseconds at);
  [[nodiscard]] bool is_durable(log_index i) const;

  world& world_;
  machine& home_;
  partition_id p_;
  ledger& book_;
  entering_disk disk_{*this};
  registers state_;
  std::unique_ptr<partition_store> store_;
  std::unique_ptr<consensus::replica> replica_;
  std::uint64_t timer_ = 0;

  hard_state durable_voted_;
  log_index durable_start_;
  std::vector<term_number> durable_terms_;  // of the entries behind durable_start_
  bool installing_ = false;

  std::map<std::pair<log_index, term_number>, log_index> proposals_;  // what was known when they were made
  std::map<std::uint64_t, log_index> asked_;
};

}  // namespace dip::simulation
