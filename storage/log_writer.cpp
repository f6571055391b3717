#include "storage/log_writer.hpp"

#include <algorithm>
#include <map>

#include "core/codec.hpp"
#include "storage/keys.hpp"
#include "storage/log_record.hpp"

namespace dip {
namespace {

// How late the high-water marks may be. docs/guarantees.md says what that leaves.
constexpr milliseconds marks_every{100};

steady_time now() { return std::chrono::steady_clock::now(); }

}  // namespace

std::string log_base_key(partition_id p) { return keys::of_partition(p) + "b"; }

log_writer::log_writer(kv_store& kv, high_water_file* marks, const node_store::options& options)
    : kv_(kv), marks_file_(marks), on_durable_(options.on_durable), on_fatal_(options.on_fatal) {
  if (marks_file_ != nullptr) marks_ = marks_file_->marks();
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
  if (!broken_) write_marks();
}

void log_writer::start_thread() {
  // Flushing the tables may take a while; commits do not wait for it.
  cutter_ = std::jthread([this](const std::stop_token& stop) { cut_loop(stop); });
  thread_ = std::jthread([this](const std::stop_token& stop) { loop(stop); });
}

void log_writer::add(partition_id p, log_index index, std::string bytes, std::uint64_t checksum) {
  {
    const std::lock_guard lock{mutex_};
    queue_.push_back({p, index, std::move(bytes), checksum});
  }
  wake_.notify_one();
}

void log_writer::cut(partition_id p, log_index up_to) {
  {
    const std::lock_guard lock{cuts_mutex_};
    cuts_.emplace_back(p, up_to);
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
  std::vector<std::pair<partition_id, log_index>> cuts;
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
  std::vector<appended> batch;
  {
    const std::lock_guard lock{mutex_};
    batch.swap(queue_);
    busy_ = !batch.empty();
  }
  if (!cutter_.joinable()) cut_waiting();
  if (batch.empty()) return false;
  // After a failed write nothing is acknowledged any more; the process is on its way out.
  if (!broken_ && write(batch)) note(batch);
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

bool log_writer::write(const std::vector<appended>& batch) {
  const auto changes = kv_.batch();
  std::uint64_t size = 0;
  for (const auto& a : batch) {
    changes->put(family::log, keys::of_index(a.partition, a.index), a.bytes);
    size += a.bytes.size();
  }
  const auto begin = now();
  if (const auto done = kv_.write(*changes, true); !done) return failed(done.error());
  sync_us_ += static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now() - begin).count());
  ++syncs_;
  entries_ += batch.size();
  bytes_ += size;
  return true;
}

// The marks say what was durable before this batch, then this batch is remembered: one behind, never ahead.
void log_writer::note(const std::vector<appended>& batch) {
  if (!write_late_marks()) return;
  std::map<partition_id, log_index> last;
  {
    const std::lock_guard lock{marks_mutex_};
    for (const auto& a : batch) {
      last[a.partition] = a.index;
      if (marks_file_ == nullptr) continue;
      auto& mark = marks_.at(a.partition.value);
      mark.index = a.index;
      mark.checksum = a.checksum;
      marks_dirty_ = true;
    }
  }
  for (const auto& [p, index] : last) on_durable_(p, index);
}

high_water_mark log_writer::mark(partition_id p) {
  const std::lock_guard lock{marks_mutex_};
  return marks_file_ == nullptr ? high_water_mark{} : marks_.at(p.value);
}

bool log_writer::has_late_marks() {
  const std::lock_guard lock{marks_mutex_};
  return marks_dirty_;
}

bool log_writer::write_late_marks() {
  {
    const std::lock_guard lock{marks_mutex_};
    if (!marks_dirty_ || now() - marked_ < marks_every) return true;
  }
  return write_marks();
}

bool log_writer::write_marks() {
  result<void> done;
  {
    const std::lock_guard lock{marks_mutex_};
    if (!marks_dirty_) return true;
    done = marks_file_->write(marks_);
    marks_dirty_ = false;
    marked_ = now();
  }
  return done ? true : failed(done.error());
}

result<void> log_writer::begin_term(partition_id p, term_number term) {
  const std::lock_guard lock{marks_mutex_};
  if (marks_file_ == nullptr) return {};
  marks_.at(p.value).term = term;
  return marks_file_->write(marks_);
}

bool log_writer::cut_now(const std::vector<std::pair<partition_id, log_index>>& cuts) {
  if (const auto done = kv_.flush_tables(); !done) return failed(done.error());
  const auto snapshot = kv_.snapshot();
  const auto changes = kv_.batch();
  for (const auto& [p, up_to] : cuts) {
    const auto record = snapshot->get(family::log, keys::of_index(p, up_to));
    if (!record) return failed(record.error());
    if (!*record || (*record)->size() < 8)
      return failed({errc::corrupt, "the log misses an entry to be cut", ""});
    changes->put(family::meta, log_base_key(p),
                 encode(log_base{up_to, keys::read_number(std::string_view{**record}.substr(0, 8))}));
    changes->remove_range(family::log, keys::of_index(p, {0}), keys::of_index(p, {up_to.value + 1}));
  }
  if (const auto done = kv_.write(*changes, false); !done) return failed(done.error());
  return true;
}

void log_writer::fail_with(const error& e) {
  if (!broken_.exchange(true)) on_fatal_(e);
}

node_store::figures log_writer::figures() const {
  node_store::figures f;
  f.syncs = syncs_;
  f.entries = entries_;
  f.bytes = bytes_;
  f.sync_us_total = sync_us_;
  return f;
}

}  // namespace dip
