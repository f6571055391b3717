// A few replicas as a node has them, over stores in memory; their messages and disks are moved by hand.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "consensus/replica.hpp"
#include "storage/partition_store.hpp"

namespace dip::test {

class hand_disk final : public partition_disk {
public:
  explicit hand_disk(kv_store& kv) : kv_(kv) {}
  void write(log_change change) override;
  void run(std::function<result<void>(kv_store&)> what, std::function<void()> done) override;
  void cut(partition_id p, const snapshot_mark& start) override;
  // Everything that waits, and what comes of it.
  void work();
  bool held = false;

private:
  void add(std::function<void()> step);
  kv_store& kv_;
  std::deque<std::function<void()>> waiting_;
  bool working_ = false;
};

// Keeps every command as a row.
class command_list final : public partition_state {
public:
  command_list(kv_store& kv, partition_disk& disk) : kv_(kv), disk_(disk) {}
  [[nodiscard]] log_index applied() const override { return applied_; }
  result<void> apply(const std::vector<replicated_entry>& entries) override;
  result<void> reload() override;
  std::vector<std::string> commands;

private:
  kv_store& kv_;
  partition_disk& disk_;
  log_index applied_;
};

class replica_group {
public:
  struct host {
    std::unique_ptr<kv_store> kv = make_memory_kv();
    std::unique_ptr<hand_disk> disk;
    std::unique_ptr<command_list> state;
    std::unique_ptr<partition_store> store;
    std::unique_ptr<consensus::replica> replica;
    std::vector<consensus::settled> settled;
    std::vector<std::uint64_t> reads;
    consensus::effects latest;
  };

  // Voters 1 to `voters`; election 1,000 ms, heartbeat 100 ms, no pre-vote unless `o` says else.
  explicit replica_group(int voters, consensus::replica_options o = quick());
  static consensus::replica_options quick();

  host& at(int n) { return hosts_.at(n); }
  void join(int n);  // empty
  void take(int n, consensus::effects e);
  void pass(int ms) { now += milliseconds{ms}; }
  void tick(int n) { take(n, at(n).replica->tick(now)); }
  // Delivers what goes between `these`, and drops all else, until nothing is under way.
  void settle(const std::vector<int>& these);
  // One message after the other, those that `wanted` likes.
  void deliver(const std::function<bool(const consensus::message&)>& wanted);
  bool elect(int n, const std::vector<int>& these);
  bool propose(int n, std::vector<std::string> commands);
  // A heartbeat of `leader`'s, and what comes of it, `times` times.
  void beat(int leader, const std::vector<int>& these, int times = 1);

  std::vector<consensus::message> wire;
  milliseconds now{1'000};

private:
  void open(int n);
  consensus::replica_options options_;
  std::map<int, host> hosts_;
};

}  // namespace dip::test
