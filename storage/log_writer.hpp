// One writer for the logs of all partitions of a node: what came in while the disk was busy goes out as one
// synced batch (group commit), and only then is anybody told.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "storage/high_water_marks.hpp"
#include "storage/kv.hpp"
#include "storage/log_change.hpp"
#include "storage/node_store.hpp"
#include "storage/sync_pace.hpp"

namespace dip {

// `add` and `cut` from any thread; the changes of one partition must come in order.
class log_writer {
public:
  // `marks` may be null: a log in memory needs none.
  log_writer(kv_store& kv, high_water_file* marks, const node_store::options& options);
  log_writer(const log_writer&) = delete;
  log_writer& operator=(const log_writer&) = delete;
  // Writes what is left, and the marks.
  ~log_writer();

  void start_thread();
  // When it is durable its `done` is called.
  void add(log_change change);
  // How far a partition is durable; what the mark file says, or soon will.
  [[nodiscard]] high_water_mark mark(partition_id p);
  // The log is of no use any more: `on_fatal` is told, once, and nothing is acknowledged from here on.
  void fail_with(const error& e);
  [[nodiscard]] bool broken() const { return broken_; }
  // Entries up to `start` are applied and no longer wanted: the tables are flushed, then the log is cut.
  void cut(partition_id p, const snapshot_mark& start);
  // One round, on the caller's thread; false when there was nothing to do. For logs without a thread.
  bool round();
  // Waits until all that was added before is written: a replica that is opened again must find it.
  void wait_written();
  [[nodiscard]] node_store::figures figures() const;
  // Whether the disk is slow now.
  [[nodiscard]] bool slow() const;

private:
  struct waiting_cut {
    partition_id partition;
    snapshot_mark start;
  };

  void loop(const std::stop_token& stop);
  bool write(const std::vector<log_change>& turn);
  void note(const std::vector<log_change>& turn);
  bool write_marks();
  bool write_late_marks();
  [[nodiscard]] bool has_late_marks();
  void cut_loop(const std::stop_token& stop);
  bool cut_waiting();
  bool cut_now(const std::vector<waiting_cut>& cuts);
  bool failed(const error& e) {
    fail_with(e);
    return false;
  }

  kv_store& kv_;
  high_water_file* marks_file_;
  node_store::fatal_callback on_fatal_;
  std::mutex marks_mutex_;  // the writer's thread and those who open a log
  high_water_marks marks_{{}};
  steady_time marked_{};
  std::mutex starts_mutex_;  // a log is not cut while another beginning is put in its place
  std::atomic<bool> broken_{false};

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::condition_variable written_;
  bool busy_ = false;
  std::vector<log_change> queue_;
  std::mutex cuts_mutex_;
  std::condition_variable_any cuts_wake_;
  std::vector<waiting_cut> cuts_;
  sync_pace pace_;
  std::atomic<std::uint64_t> syncs_{0}, entries_{0}, bytes_{0}, sync_us_{0};
  std::jthread thread_;
  std::jthread cutter_;
};

}  // namespace dip
