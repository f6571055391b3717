// A machine's disk: writes take their time, in order; what was not written when the power goes is lost, or a
// part of it is. Behind it is a real store of the same interface, in memory or RocksDB.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/high_water_marks.hpp"
#include "storage/kv.hpp"
#include "storage/log_change.hpp"
#include "tests/simulation/dice.hpp"
#include "tests/simulation/mix.hpp"
#include "tests/simulation/schedule.hpp"

namespace dip::simulation {

class disk {
public:
  // With a directory: RocksDB in `directory`/`name`/state, when it is asked for. What a new one looks like is
  // made once a process: making one costs as much as a seed does otherwise.
  disk(schedule& time, dice& chance, const mix& m, const std::string& directory, const std::string& name);

  [[nodiscard]] kv_store& kv();
  // The node's data, as storage/quarantine.hpp wants it; empty without files.
  [[nodiscard]] const std::string& data() const { return data_; }
  // Nothing of it is open then.
  void close();
  [[nodiscard]] high_water_mark mark(partition_id p) const { return durable_marks_.at(p.value); }

  // On the next turn; `done` when it is durable.
  void write(log_change change, std::function<void()> done);
  // Changes of tables, which nobody waits for: `done` when they are in the store.
  void write(std::function<result<void>(kv_store&)> what, std::function<void()> done);

  // Before there is any power.
  void write_now(const log_change& change);

  // A write that fails; the machine must stop. Called instead of any `done`.
  std::function<void()> on_failure;

  void power_off();
  // It forgets the newest entries that it had confirmed, where a mark tells; else answers false.
  bool lose_confirmed(partition_id p);
  void format();

private:
  struct operation {
    std::optional<log_change> change;
    std::function<result<void>(kv_store&)> what;
    std::function<void()> done;
  };

  void add(operation o);
  void begin_turn();
  void end_turn();
  void carry_out(operation& o);
  void write_marks_first();
  void open();
  void lay_new_files() const;
  void forget_marks();

  schedule& time_;
  dice& dice_;
  const mix& mix_;
  std::string data_;
  std::string template_;
  std::unique_ptr<kv_store> kv_;
  std::unique_ptr<kv_store> closing_;
  high_water_marks marks_{{}};
  std::vector<high_water_mark> durable_marks_;
  std::int64_t marked_at_ = 0;
  std::vector<operation> waiting_;
  std::vector<operation> turn_;
  bool busy_ = false;
  std::uint64_t power_ = 0;  // counts switches: what was planned before one does not happen after it
};

}  // namespace dip::simulation
