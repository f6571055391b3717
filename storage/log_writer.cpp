#include "storage/log_writer.hpp"

#include <algorithm>

#include "core/codec.hpp"
#include "core/failpoint.hpp"
#include "storage/keys.hpp"
#include "storage/log_record.hpp"

namespace dip {
namespace {

// How late the high-water marks may be. docs/guarantees.md says what that leaves.
constexpr milliseconds marks_every{100};

steady_time now() { return std::chrono::steady_clock::now(); }

}  // namespace

log_writer::log_writer(kv_store& kv, high_water_file* marks, const node_store::options& options)
    : kv_(kv), marks_file_(marks), on_fatal_(options.on_fatal) {
  if (marks_file_ != nullptr) marks_ = high_water_marks{marks_file_->marks()};
}

log_writer::~log_writer() {
  if (thread_.joinable()) {
    thread_.request_stop();
    wake_.notify_all();
    thread_.join();
    cutter_.request_stop();
    cutter_.join();
  }
  while (round()) {
  }
  if (!broken_ && has_late_marks()) write_marks();
}

void log_writer::start_thread() {
  // Flushing the tables may take a while; commits do not wait for it.
  cutter_ = std::jthread([this](const std::stop_token& stop) { cut_loop(stop); });
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void log_writer::add(log_change change) {
  {
    const std::lock_guard lock{mutex_};
    queue_.push_back(std::move(change));
  }
  wake_.notify_one();
}

void log_writer::cut(partition_id p, const snapshot_mark& start) {
  {
    const std::lock_guard lock{cuts_mutex_};
    cuts_.push_back({p, start});
  }
  cuts_wake_.notify_one();
}

void log_writer::cut_loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock{cuts_mutex_};
      cuts_wake_.wait(lock, stop, [this] { return !cuts_.empty(); });
    }
    cut_waiting();
  }
}

bool log_writer::cut_waiting() {
  std::vector<waiting_cut> cuts;
  {
    const std::lock_guard lock{cuts_mutex_};
    cuts.swap(cuts_);
  }
  return !cuts.empty() && !broken_ && cut_now(cuts);
}

void log_writer::loop(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    if (round()) continue;
    if (!broken_) write_late_marks();
    const bool late = has_late_marks();
    std::unique_lock lock{mutex_};
    const auto something = [this] { return !queue_.empty(); };
    if (late)
      wake_.wait_for(lock, stop, marks_every, something);
    else
      wake_.wait(lock, stop, something);
  }
}

bool log_writer::round() {
  std::vector<log_change> turn;
  {
    const std::lock_guard lock{mutex_};
    turn.swap(queue_);
    busy_ = !turn.empty();
  }
  if (!cutter_.joinable()) cut_waiting();
  if (turn.empty()) return false;
  // After a failed write nothing is acknowledged any more; the process is on its way out.
  if (!broken_ && write(turn)) note(turn);
  {
    const std::lock_guard lock{mutex_};
    busy_ = false;
  }
  written_.notify_all();
  return true;
}

void log_writer::wait_written() {
  if (!thread_.joinable()) {
    while (round()) {
    }
    return;
  }
  std::unique_lock lock{mutex_};
  written_.wait(lock, [this] { return queue_.empty() && !busy_; });
}

bool log_writer::write(const std::vector<log_change>& turn) {
  if (marks_file_ != nullptr) {
    bool marks_first = false;
    {
      const std::lock_guard lock{marks_mutex_};
      marks_first = marks_.before(turn);
    }
    if (marks_first && !write_marks()) return false;
  }
  const auto changes = kv_.batch();
  std::uint64_t size = 0, count = 0;
  for (const auto& change : turn) {
    change.put_into(*changes);
    count += change.records.size();
    for (const auto& [index, bytes] : change.records) size += bytes.size();
  }
  std::unique_lock starts{starts_mutex_, std::defer_lock};
  if (std::any_of(turn.begin(), turn.end(), [](const log_change& c) { return c.installed.has_value(); }))
    starts.lock();
  const bool votes = std::any_of(turn.begin(), turn.end(), [](const auto& c) { return c.voted.has_value(); });
  if (votes) failpoint("before_vote_write");
  failpoint("before_log_write");
  const auto begin = now();
  pace_.begin(begin);
  if (const auto done = kv_.write(*changes, true); !done) return failed(done.error());
  const auto end = now();
  pace_.end(end);
  failpoint("after_log_sync");
  if (votes) failpoint("after_vote_sync");
  sync_us_ +=
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(end - begin).count());
  ++syncs_;
  entries_ += count;
  bytes_ += size;
  return true;
}

// Who waits is told first: the marks may be late. They say what was durable before this turn, then this turn
// is remembered: one behind, never ahead.
void log_writer::note(const std::vector<log_change>& turn) {
  for (const auto& change : turn) change.done();
  if (!write_late_marks() || marks_file_ == nullptr) return;
  const std::lock_guard lock{marks_mutex_};
  marks_.after(turn);
}

high_water_mark log_writer::mark(partition_id p) {
  const std::lock_guard lock{marks_mutex_};
  return marks_file_ == nullptr ? high_water_mark{} : marks_.all().at(p.value);
}

bool log_writer::has_late_marks() {
  const std::lock_guard lock{marks_mutex_};
  return marks_.late();
}

bool log_writer::write_late_marks() {
  {
    const std::lock_guard lock{marks_mutex_};
    if (!marks_.late() || now() - marked_ < marks_every) return true;
  }
  return write_marks();
}

bool log_writer::write_marks() {
  result<void> done;
  {
    const std::lock_guard lock{marks_mutex_};
    if (marks_file_ == nullptr) return true;
    failpoint("before_marks_write");
    done = marks_file_->write(marks_.all());
    failpoint("after_marks_sync");
    marks_.written();
    marked_ = now();
  }
  return done ? true : failed(done.error());
}

bool log_writer::cut_now(const std::vector<waiting_cut>& cuts) {
  failpoint("before_table_flush");
  if (const auto done = kv_.flush_tables(); !done) return failed(done.error());
  failpoint("before_log_cut");
  const std::lock_guard lock{starts_mutex_};
  const auto before = kv_.snapshot();
  const auto changes = kv_.batch();
  for (const auto& cut : cuts)
    if (const auto put = put_start(*changes, *before, cut.partition, cut.start); !put)
      return failed(put.error());
  if (const auto done = kv_.write(*changes, false); !done) return failed(done.error());
  failpoint("after_log_cut");
  return true;
}

void log_writer::fail_with(const error& e) {
  if (!broken_.exchange(true)) on_fatal_(e);
}

bool log_writer::slow() const { return pace_.slow(now()); }

node_store::figures log_writer::figures() const {
  node_store::figures f;
  f.syncs = syncs_;
  f.entries = entries_;
  f.bytes = bytes_;
  f.sync_us_total = sync_us_;
  return f;
}

}  // namespace dip
