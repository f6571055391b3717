// One writer for the logs of all partitions of a node: what came in while the disk was busy goes out as one
// synced batch (group commit), and only then is anybody told.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/high_water.hpp"
#include "storage/kv.hpp"
#include "storage/node_store.hpp"

namespace dip {

// Where a partition's log begins: the last entry that was cut away.
struct log_base {
  log_index index;
  std::uint64_t checksum = 0;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.index, s.checksum);
  }
};
[[nodiscard]] std::string log_base_key(partition_id p);

// `add` and `cut` from any thread; entries of one partition must come in order.
class log_writer {
public:
  // `marks` may be null: a log in memory needs none.
  log_writer(kv_store& kv, high_water_file* marks, const node_store::options& options);
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;
  // Writes what is left, and the marks.
  ~log_writer();

  void start_thread();
  void add(partition_id p, log_index index, std::string bytes, std::uint64_t checksum);
  // Entries of `term` may follow: the mark file knows of it first.
  [[nodiscard]] result<void> begin_term(partition_id p, term_number term);
  // How far a partition is durable; what the mark file says, or soon will.
  [[nodiscard]] high_water_mark mark(partition_id p);
  // The log is of no use any more: `on_fatal` is told, once, and nothing is acknowledged from here on.
  void fail_with(const error& e);
  [[nodiscard]] bool broken() const { return broken_; }
  // Entries up to `up_to` are applied and no longer wanted: the tables are flushed, then the log is cut.
  void cut(partition_id p, log_index up_to);
  // One round, on the caller's thread; false when there was nothing to do. For logs without a thread.
  bool round();
  // Waits until all that was added before is written: a replica that is opened again must find it.
  void wait_written();
  [[nodiscard]] node_store::figures figures() const;

private:
  struct appended {
    partition_id partition;
    log_index index;
    std::string bytes;
    std::uint64_t checksum = 0;
  };

  void loop(const std::stop_token& stop);
  bool write(const std::vector<appended>& batch);
  void note(const std::vector<appended>& batch);
  bool write_marks();
  bool write_late_marks();
  [[nodiscard]] bool has_late_marks();
  void cut_loop(const std::stop_token& stop);
  bool cut_waiting();
  bool cut_now(const std::vector<std::pair<partition_id, log_index>>& cuts);
  bool failed(const error& e) {
    fail_with(e);
    return false;
  }

  kv_store& kv_;
  high_water_file* marks_file_;
  node_store::durable_callback on_durable_;
  node_store::fatal_callback on_fatal_;
  std::mutex marks_mutex_;  // the writer's thread and those who begin terms
  std::vector<high_water_mark> marks_;
  bool marks_dirty_ = false;
  steady_time marked_{};
  std::atomic<bool> broken_{false};

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::condition_variable written_;
  bool busy_ = false;
  std::vector<appended> queue_;
  std::mutex cuts_mutex_;
  std::condition_variable_any cuts_wake_;
  std::vector<std::pair<partition_id, log_index>> cuts_;
  std::atomic<std::uint64_t> syncs_{0}, entries_{0}, bytes_{0}, sync_us_{0};
  std::jthread thread_;
  std::jthread cutter_;
};

}  // namespace dip
