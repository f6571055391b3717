// Committed entries a second and their latency: three replicas in one process and on one disk, each with a
// store, two threads and marks of its own, driven as a node drives them; entries of 256 bytes, synced.
// Nothing is applied, and there is no network. Beside it what the disk gives without us: three stores, each
// with a thread that writes records of the same size under the same keys, as many a synced write as the
// replicas' writers came to; the slowest is waited for. (Groups that commit on their own do not meet in one
// write as a loop over all of them would.) Both in turns, several times; the share is of the medians.
//   build/release/bench_consensus [DIRECTORY [SECONDS [TURNS [GROUPS BATCH]]]]
#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "consensus/replica.hpp"
#include "core/codec.hpp"
#include "storage/keys.hpp"
#include "storage/log_record.hpp"
#include "storage/log_recovery.hpp"
#include "storage/log_writer.hpp"
#include "storage/partition_store.hpp"

namespace {

using namespace dip;
using bench_clock = std::chrono::steady_clock;

constexpr size_t entry_bytes = 256;
constexpr size_t replicas = 3;

double ms_since(bench_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(bench_clock::now() - begin).count();
}

struct line {
  double per_second = 0, p50 = 0, p99 = 0, per_sync = 0;
};

line summed_up(std::vector<double> latencies, double entries, double seconds) {
  std::sort(latencies.begin(), latencies.end());
  const auto at = [&](double share) {
    return latencies.empty()
               ? 0
               : latencies[static_cast<size_t>(share * static_cast<double>(latencies.size() - 1))];
  };
  return {entries / seconds, at(0.5), at(0.99), 0};
}

// As long as a log record of such an entry.
std::string record_of_an_entry() {
  return to_bytes(
      {0, encode(stored_entry{{1'000}, {{2}, entry_kind::normal, std::string(entry_bytes, 'x')}})});
}

class bare_stores {
public:
  explicit bare_stores(const std::string& directory) {
    for (size_t i = 0; i < replicas; ++i)
      stores_.push_back(std::move(*open_rocks_kv(directory + "/bare" + std::to_string(i), {})));
  }

  line run(size_t entries, double seconds) {
    latencies_.clear();
    std::barrier turn{static_cast<std::ptrdiff_t>(replicas + 1)};
    bool over = false;
    std::vector<std::jthread> threads;
    for (auto& kv : stores_)
      threads.emplace_back([&] {
        for (auto first = index_;; first += entries) {
          turn.arrive_and_wait();
          if (over) return;
          write(*kv, first, entries);
          turn.arrive_and_wait();
        }
      });
    const auto begin = bench_clock::now();
    std::uint64_t written = 0;
    for (; ms_since(begin) < seconds * 1000; written += entries) {
      const auto sent = bench_clock::now();
      turn.arrive_and_wait();
      turn.arrive_and_wait();
      latencies_.push_back(ms_since(sent));
    }
    const auto took = ms_since(begin) / 1000;
    over = true;
    turn.arrive_and_wait();
    threads.clear();
    index_ += written;
    return summed_up(latencies_, static_cast<double>(written), took);
  }

private:
  void write(kv_store& kv, std::uint64_t first, size_t entries) const {
    const auto batch = kv.batch();
    for (size_t i = 1; i <= entries; ++i) batch->put(family::log, keys::of_index({0}, {first + i}), record_);
    if (!kv.write(*batch, true)) std::abort();
  }

  std::vector<std::unique_ptr<kv_store>> stores_;
  const std::string record_ = record_of_an_entry();
  std::uint64_t index_ = 0;
  std::vector<double> latencies_;
};

// Nothing is applied: what is measured is the log.
class no_state final : public partition_state {
public:
  [[nodiscard]] log_index applied() const override { return applied_; }
  result<void> apply(const std::vector<replicated_entry>& entries) override {
    applied_.value += entries.size();
    return {};
  }
  result<void> reload() override { return {}; }

private:
  log_index applied_;
};

struct group_replica {
  std::unique_ptr<partition_disk> disk;
  std::unique_ptr<no_state> state;
  std::unique_ptr<partition_store> store;
  std::unique_ptr<consensus::replica> replica;
};

// All that its replicas do happens on its thread.
struct node {
  std::unique_ptr<kv_store> kv;
  std::unique_ptr<high_water_file> marks;
  std::unique_ptr<log_writer> writer;
  std::vector<group_replica> groups;

  std::mutex mutex;
  std::condition_variable wake;
  std::vector<std::function<void()>> posted;
  bench_clock::time_point ticked{};
  std::vector<double> latencies;
  std::uint64_t committed = 0;
  std::jthread thread;

  void post(std::function<void()> what) {
    const std::lock_guard lock{mutex};
    posted.push_back(std::move(what));
    if (posted.size() == 1) wake.notify_one();
  }
};

class cluster {
public:
  cluster(const std::string& directory, size_t groups)
      : groups_(groups), leaders_(groups), under_way_(groups) {
    for (auto& leader : leaders_) leader = replicas;
    writing_.on_fatal = [](const error& e) {
      std::fprintf(stderr, "%s\n", e.detail.c_str());
      std::abort();
    };
    for (size_t n = 0; n < replicas; ++n) open(directory + "/node" + std::to_string(n));
    for (size_t n = 0; n < replicas; ++n) {
      for (size_t g = 0; g < groups; ++g) nodes_[n].post([this, n, g] { take(n, g, of(n, g).start(now())); });
      nodes_[n].thread = std::jthread([this, n](const std::stop_token& stop) { loop(stop, n); });
    }
    for (auto& leader : leaders_) leader.wait(replicas);
  }
  ~cluster() {
    for (auto& n : nodes_) n.thread = {};
    for (auto& n : nodes_) n.writer.reset();
  }
  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;

  // Keeps one batch under way in every group.
  line run(size_t batch, double seconds) {
    for (auto& n : nodes_) {
      n.latencies.clear();
      n.committed = 0;
    }
    batch_ = batch;
    busy_ = groups_;
    const auto syncs = all_syncs();
    const auto begin = bench_clock::now();
    for (size_t g = 0; g < groups_; ++g) nodes_[leaders_[g]].post([this, g] { propose(g); });
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    batch_ = 0;
    for (auto busy = busy_.load(); busy != 0; busy = busy_.load()) busy_.wait(busy);
    const auto took = ms_since(begin) / 1000;
    std::vector<double> latencies;
    std::uint64_t committed = 0;
    for (const auto& n : nodes_) {
      latencies.insert(latencies.end(), n.latencies.begin(), n.latencies.end());
      committed += n.committed;
    }
    auto out = summed_up(std::move(latencies), static_cast<double>(committed), took);
    out.per_sync = static_cast<double>(committed) * replicas / static_cast<double>(all_syncs() - syncs);
    return out;
  }

private:
  struct batch_under_way {
    size_t size = 0, open = 0;
    bench_clock::time_point sent;
  };

  void open(const std::string& directory) {
    std::filesystem::create_directories(directory);
    const auto number = nodes_.size();
    auto& n = nodes_.emplace_back();
    n.kv = std::move(*open_rocks_kv(directory + "/db", {}));
    n.marks = std::move(*high_water_file::make(directory + "/marks", static_cast<std::uint16_t>(groups_)));
    n.writer = std::make_unique<log_writer>(*n.kv, n.marks.get(), writing_);
    n.writer->start_thread();
    for (size_t g = 0; g < groups_; ++g) {
      const partition_id p{static_cast<std::uint16_t>(g)};
      auto first =
          (*replicated_log::open(*n.kv, p, std::nullopt, {}))->bootstrap(make_membership({{1}, {2}, {3}}));
      first.done = [] {};
      n.writer->add(std::move(first));
    }
    n.writer->wait_written();
    for (size_t g = 0; g < groups_; ++g) open(number, g);
  }

  void open(size_t n, size_t g) {
    auto& home = nodes_[n];
    auto& r = home.groups.emplace_back();
    r.disk = make_partition_disk(*home.kv, *home.writer,
                                 [&home](std::function<void()> what) { home.post(std::move(what)); });
    r.state = std::make_unique<no_state>();
    r.store = std::move(*partition_store::open({home.kv.get(), r.disk.get(), r.state.get()},
                                               {static_cast<std::uint16_t>(g)}, std::nullopt, {}));
    r.store->tell({[this, n, g](std::uint64_t number) { take(n, g, of(n, g).written(now(), number)); },
                   [] { std::abort(); }, [] { std::abort(); }, [](const error&) { std::abort(); }});
    consensus::replica_options o;
    o.core.seed = static_cast<unsigned>(n + 1);
    o.snapshot_every = 0;
    r.replica = std::make_unique<consensus::replica>(node_id{n + 1}, o, *r.store);
  }

  static milliseconds now() {
    return std::chrono::duration_cast<milliseconds>(bench_clock::now().time_since_epoch());
  }
  consensus::replica& of(size_t n, size_t g) { return *nodes_[n].groups[g].replica; }

  void loop(const std::stop_token& stop, size_t n) {
    auto& home = nodes_[n];
    std::vector<std::function<void()>> got;
    while (!stop.stop_requested()) {
      {
        std::unique_lock lock{home.mutex};
        home.wake.wait_for(lock, milliseconds{10}, [&] { return !home.posted.empty(); });
        got.swap(home.posted);
      }
      for (const auto& what : got) what();
      got.clear();
      if (ms_since(home.ticked) < 50) continue;
      home.ticked = bench_clock::now();
      for (size_t g = 0; g < groups_; ++g) take(n, g, of(n, g).tick(now()));
    }
  }

  void propose(size_t g) {
    const size_t size = batch_;
    if (size == 0) {
      --busy_;
      busy_.notify_all();
      return;
    }
    const auto n = leaders_[g].load();
    auto& batch = under_way_[g];
    batch = {size, size, bench_clock::now()};
    auto done = of(n, g).propose(now(), std::vector<std::string>(size, std::string(entry_bytes, 'x')));
    if (!done) std::abort();
    take(n, g, std::move(done->effects));
  }

  void take(size_t n, size_t g, consensus::effects e) {
    if (e.fault) std::abort();
    for (auto& m : e.messages) {
      const auto to = static_cast<size_t>(m.to.value - 1);
      nodes_[to].post([this, to, g, m = std::move(m)] { take(to, g, of(to, g).receive(now(), m)); });
    }
    if (e.serves) {
      leaders_[g] = n;
      leaders_[g].notify_all();
    }
    for (const auto& s : e.proposals) {
      if (s.what != consensus::verdict::committed) std::abort();
      auto& batch = under_way_[g];
      if (--batch.open > 0) continue;
      nodes_[n].latencies.push_back(ms_since(batch.sent));
      nodes_[n].committed += batch.size;
      nodes_[n].post([this, g] { propose(g); });
    }
  }

  std::uint64_t all_syncs() const {
    std::uint64_t sum = 0;
    for (const auto& n : nodes_) sum += n.writer->figures().syncs;
    return sum;
  }

  size_t groups_;
  node_store::options writing_;
  std::vector<std::atomic<size_t>> leaders_;  // by group; `replicas`: not known
  std::vector<batch_under_way> under_way_;    // by group, on its leader's thread
  std::atomic<size_t> batch_{0};
  std::atomic<size_t> busy_{0};  // groups with a batch under way
  std::deque<node> nodes_;
};

line median(std::vector<line> lines) {
  std::sort(lines.begin(), lines.end(),
            [](const line& a, const line& b) { return a.per_second < b.per_second; });
  return lines[lines.size() / 2];
}

void print(const char* what, size_t groups, size_t batch, const line& l) {
  std::printf("%-20s %zu group%s  batch %2zu  %9.0f entries/s   p50 %7.3f ms   p99 %7.3f ms", what, groups,
              groups == 1 ? " " : "s", batch, l.per_second, l.p50, l.p99);
  if (l.per_sync > 0) std::printf("   %5.1f entries/sync", l.per_sync);
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string directory = argc > 1 ? argv[1] : "bench-consensus-data";
  const double seconds = argc > 2 ? std::atof(argv[2]) : 1;
  const int turns = argc > 3 ? std::atoi(argv[3]) : 5;
  std::vector<size_t> all_groups{1, 8}, batches{1, 16, 64};
  if (argc > 5) {
    all_groups = {static_cast<size_t>(std::atoi(argv[4]))};
    batches = {static_cast<size_t>(std::atoi(argv[5]))};
  }
  for (const size_t groups : all_groups)
    for (const size_t batch : batches) {
      std::filesystem::remove_all(directory);
      bare_stores disk{directory};
      cluster c{directory, groups};
      std::vector<line> bare, ours;
      for (int i = 0; i < turns; ++i) {
        ours.push_back(c.run(batch, seconds));
        bare.push_back(disk.run(static_cast<size_t>(std::lround(ours.back().per_sync)), seconds));
      }
      print("bare synced batches", groups, batch, median(bare));
      print("three replicas", groups, batch, median(ours));
      std::printf("%20s %.2f\n", "share of the disk's", median(ours).per_second / median(bare).per_second);
    }
  std::filesystem::remove_all(directory);
}
