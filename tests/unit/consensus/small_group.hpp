// A few cores side by side, their messages and disks moved by hand, to the millisecond.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "consensus/core.hpp"
#include "storage/kv.hpp"
#include "storage/replicated_log.hpp"

namespace dip::test {

using namespace dip::consensus;

class small_group {
public:
  // Voters 1 to `voters`, each with the same first entry.
  explicit small_group(int voters, const options& o = quick());
  // Election 1,000 ms, heartbeat 100 ms, no pre-vote.
  static options quick();

  // Its disk answers at once, unless it is held.
  void hold_disk(int n) { at(n).disk_held = true; }
  void let_disk(int n);
  void crash(int n);    // what its disk has not written is lost
  void restart(int n);  // crashes it first when it runs
  void join(int n);     // empty
  // Its applied state is its snapshot, and nothing before it is kept.
  void compact(int n);

  void pass(int ms) { now_ += milliseconds{ms}; }
  void tick(int n);
  // Of all messages under way: delivers, in order, those that `wanted` likes; drops the others.
  void deliver(const std::function<bool(const message&)>& wanted);
  void deliver_between(const std::vector<int>& these);
  void drop_all() { wire.clear(); }
  void receive(int n, const message& m);
  // Delivers among `these` until nothing is under way.
  void settle(const std::vector<int>& these);
  // Lets time pass and ticks `n` until it leads, by the votes of `these`.
  bool elect(int n, const std::vector<int>& these);

  result<proposal> propose(int n, const std::string& command);
  result<proposal> change(int n, const membership& wanted);
  result<std::uint64_t> read(int n);
  void handle(int n, update u);

  [[nodiscard]] core& of(int n) { return *at(n).core; }
  [[nodiscard]] const replicated_log& log(int n) { return *at(n).log; }
  [[nodiscard]] bool leads(int n) { return of(n).role() == role::leader; }
  [[nodiscard]] std::uint64_t last(int n) { return log(n).last().value; }
  [[nodiscard]] std::uint64_t commit(int n) { return of(n).commit().value; }
  // The latest update that an event at `n` led to.
  [[nodiscard]] const update& latest(int n) { return at(n).latest; }
  [[nodiscard]] bool failed(int n) { return at(n).failed; }
  [[nodiscard]] milliseconds now() const { return now_; }
  // Of entries that two replicas have applied, none differs.
  [[nodiscard]] bool agree() const { return agree_; }

  std::vector<message> wire;
  std::vector<std::uint64_t> answered;  // reads

private:
  struct replica {
    std::unique_ptr<kv_store> kv = make_memory_kv();
    std::unique_ptr<replicated_log> log;
    std::unique_ptr<consensus::core> core;
    bool disk_held = false;
    std::deque<std::pair<log_change, std::uint64_t>> writes;
    update latest;
    bool failed = false;
    log_index applied;
  };
  replica& at(int n) { return replicas_[n]; }
  void open(int n);
  void write(int n);
  void apply(int n);

  options options_;
  milliseconds now_{0};
  std::map<int, replica> replicas_;
  std::map<std::uint64_t, term_number> applied_;
  bool agree_ = true;
};

inline node_id id(int n) { return {static_cast<std::uint64_t>(n)}; }
inline membership members_of(const std::vector<int>& voters) {
  std::vector<node_id> ids;
  for (const int v : voters) ids.push_back(id(v));
  return make_membership(ids);
}

}  // namespace dip::test
