// Entries a second and commit latency of one partition's log, beside a bare loop of synced batches on the
// same disk.
//   build/release/bench_storage [DIRECTORY [SECONDS]]
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "actors/partition_replica.hpp"
#include "actors/posted_steps.hpp"
#include "storage/keys.hpp"
#include "storage/kv.hpp"
#include "storage/node_store.hpp"

namespace {

using namespace dip;
using bench_clock = std::chrono::steady_clock;
using std::chrono::duration;

constexpr size_t entry_bytes = 256;

struct line {
  double per_second = 0;
  double p50_ms = 0;
  double p99_ms = 0;
};

line summed_up(std::vector<double> latencies, double seconds) {
  std::sort(latencies.begin(), latencies.end());
  const auto at = [&](double share) {
    const auto rank = static_cast<size_t>(share * static_cast<double>(latencies.size() - 1));
    return latencies.at(rank);
  };
  return {static_cast<double>(latencies.size()) / seconds, at(0.5), at(0.99)};
}

double ms_since(bench_clock::time_point begin) {
  return duration<double, std::milli>(bench_clock::now() - begin).count();
}

// What the disk and RocksDB give without us: `outstanding` entries a batch.
line bare(const std::string& directory, size_t outstanding, double seconds) {
  const auto kv = *open_rocks_kv(directory, {});
  const std::string value(entry_bytes, 'x');
  std::vector<double> latencies;
  const auto begin = bench_clock::now();
  for (std::uint64_t index = 0; ms_since(begin) < seconds * 1000;) {
    const auto batch = kv->batch();
    for (size_t i = 0; i < outstanding; ++i) batch->put(family::log, keys::of_index({0}, {++index}), value);
    const auto sent = bench_clock::now();
    if (!kv->write(*batch, true)) std::abort();
    latencies.insert(latencies.end(), outstanding, ms_since(sent));
  }
  return summed_up(std::move(latencies), ms_since(begin) / 1000);
}

// Reserves idempotency keys: a row a command, so that the tables are written too.
class log_load {
public:
  explicit log_load(const std::string& directory) {
    node_store::options o;
    o.partitions = 1;
    o.on_fatal = [](const error& e) {
      std::fprintf(stderr, "%s\n", e.detail.c_str());
      std::abort();
    };
    store_ = std::move(*open_node_store(directory, std::move(o)));
    auto stored = std::move(
        *store_->open_partition({0}, make_membership({me}),
                                [steps = steps_](std::function<void()> s) { steps->post(std::move(s)); }));
    replica_ = std::make_unique<partition_replica>(
        me, std::move(stored), [] { return milliseconds{0}; },
        [this](const consensus::effects& e, const std::vector<apply_outcome>&) { hear(e); });
    replica_->start();
    while (!serves_) run_steps();
  }
  ~log_load() { steps_->close(); }
  log_load(const log_load&) = delete;
  log_load& operator=(const log_load&) = delete;

  line run(size_t outstanding, double seconds) {
    const auto begin = bench_clock::now();
    while (ms_since(begin) < seconds * 1000) {
      while (sent_.size() < outstanding) propose();
      run_steps();
    }
    const auto took = ms_since(begin) / 1000;
    while (!sent_.empty()) run_steps();
    return summed_up(std::move(latencies_), took);
  }

private:
  void propose() {
    idempotency_row row;
    row.key = std::to_string(++count_ % 1000);
    row.body_hash = std::string(entry_bytes - 40, 'x');
    sent_.push_back(bench_clock::now());
    if (!replica_->propose(reserve_idempotency{std::move(row)}, wall_time{})) std::abort();
  }

  void hear(const consensus::effects& e) {
    serves_ = e.serves;
    for (size_t i = 0; i < e.proposals.size(); ++i) {
      latencies_.push_back(ms_since(sent_.front()));
      sent_.pop_front();
    }
  }
  void run_steps() {
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [&] { return std::exchange(posted_, false); });
    }
    replica_->run(steps_->take());
  }

  static constexpr node_id me{1};

  std::mutex mutex_;
  std::condition_variable changed_;
  bool posted_ = false;
  std::shared_ptr<posted_steps> steps_ = std::make_shared<posted_steps>([this] {
    const std::lock_guard lock{mutex_};
    posted_ = true;
    changed_.notify_one();
  });
  bool serves_ = false;
  std::unique_ptr<node_store> store_;
  std::unique_ptr<partition_replica> replica_;
  std::deque<bench_clock::time_point> sent_;
  std::vector<double> latencies_;
  std::uint64_t count_ = 0;
};

void print(const char* what, size_t outstanding, const line& l) {
  std::printf("%-24s %4zu outstanding  %9.0f entries/s   p50 %7.3f ms   p99 %7.3f ms\n", what, outstanding,
              l.per_second, l.p50_ms, l.p99_ms);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string directory = argc > 1 ? argv[1] : "bench-storage-data";
  const double seconds = argc > 2 ? std::atof(argv[2]) : 3;
  for (const size_t outstanding : {1, 16, 64}) {
    std::filesystem::remove_all(directory);
    print("bare synced batches", outstanding, bare(directory + "/bare", outstanding, seconds));
    log_load load{directory + "/state"};
    print("log and tables", outstanding, load.run(outstanding, seconds));
  }
  std::filesystem::remove_all(directory);
}
