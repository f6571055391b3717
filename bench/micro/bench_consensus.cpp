// Committed entries a second and their latency: three replicas in one process and on one disk, each with a
// store, a writer thread and marks of its own, driven as a node drives them; entries of 256 bytes, synced.
// Nothing is applied, and there is no network. Beside it what the disk gives without us: three stores, each
// with a thread that writes records of the same size under the same keys, as many a synced write as the
// replicas' writers came to; the slowest is waited for. (Groups that commit on their own do not meet in one
// write as a loop over all of them would.) Both in turns, several times; the share is of the medians.
//   build/release/bench_consensus [DIRECTORY [SECONDS [TURNS [GROUPS BATCH]]]]
#include <algorithm>
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
  bool serves = false;
};

struct node {
  std::unique_ptr<kv_store> kv;
  std::unique_ptr<high_water_file> marks;
  std::unique_ptr<log_writer> writer;
  std::vector<group_replica> groups;
};

class cluster {
public:
  cluster(const std::string& directory, size_t groups)
      : groups_(groups), leaders_(groups, replicas), open_(groups), batch_size_(groups), sent_(groups) {
    writing_.on_durable = [](partition_id, log_index) {};
    writing_.on_fatal = [](const error& e) {
      std::fprintf(stderr, "%s\n", e.detail.c_str());
      std::abort();
    };
    for (size_t n = 0; n < replicas; ++n) open(directory + "/node" + std::to_string(n));
    for (size_t n = 0; n < replicas; ++n)
      for (size_t g = 0; g < groups; ++g) take(n, g, of(n, g).start(now()));
    while (std::count(leaders_.begin(), leaders_.end(), replicas) > 0) step(milliseconds{20});
  }
  ~cluster() {
    for (auto& n : nodes_) n.writer.reset();
  }
  cluster(const cluster&) = delete;
  cluster& operator=(const cluster&) = delete;

  // Keeps one batch under way in every group.
  line run(size_t batch, double seconds) {
    latencies_.clear();
    committed_ = 0;
    batch_ = batch;
    const auto syncs = all_syncs();
    const auto begin = bench_clock::now();
    for (size_t g = 0; g < groups_; ++g) propose(g);
    while (ms_since(begin) < seconds * 1000) step(milliseconds{10});
    batch_ = 0;
    auto out = summed_up(latencies_, static_cast<double>(committed_), ms_since(begin) / 1000);
    out.per_sync = static_cast<double>(committed_) * replicas / static_cast<double>(all_syncs() - syncs);
    while (std::count(open_.begin(), open_.end(), 0U) < static_cast<std::ptrdiff_t>(groups_))
      step(milliseconds{10});
    return out;
  }

private:
  void open(const std::string& directory) {
    std::filesystem::create_directories(directory);
    auto& n = nodes_.emplace_back();
    const auto number = nodes_.size() - 1;
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
    auto& r = nodes_[n].groups.emplace_back();
    r.disk = make_partition_disk(*nodes_[n].kv, *nodes_[n].writer, [this](std::function<void()> what) {
      const std::lock_guard lock{mutex_};
      posted_.push_back(std::move(what));
      if (posted_.size() == 1) wake_.notify_one();
    });
    r.state = std::make_unique<no_state>();
    r.store = std::move(*partition_store::open({nodes_[n].kv.get(), r.disk.get(), r.state.get()},
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

  void propose(size_t g) {
    if (batch_ == 0) return;
    const auto n = leaders_[g];
    auto done = of(n, g).propose(now(), std::vector<std::string>(batch_, std::string(entry_bytes, 'x')));
    if (!done) std::abort();
    sent_[g] = bench_clock::now();
    open_[g] = batch_size_[g] = batch_;
    take(n, g, std::move(done->effects));
  }

  void take(size_t n, size_t g, consensus::effects e) {
    if (e.fault) std::abort();
    for (auto& m : e.messages) wire_.emplace_back(g, std::move(m));
    if (e.serves) leaders_[g] = n;
    for (const auto& s : e.proposals) {
      if (s.what != consensus::verdict::committed) std::abort();
      if (--open_[g] > 0) continue;
      latencies_.push_back(ms_since(sent_[g]));
      committed_ += batch_size_[g];
      free_.push_back(g);
    }
  }

  void deliver() {
    while (!wire_.empty() || !free_.empty()) {
      for (const auto g : std::exchange(free_, {})) propose(g);
      if (wire_.empty()) continue;
      auto [g, m] = std::move(wire_.front());
      wire_.pop_front();
      const auto n = static_cast<size_t>(m.to.value - 1);
      take(n, g, of(n, g).receive(now(), std::move(m)));
    }
  }

  void step(milliseconds patience) {
    std::vector<std::function<void()>> got;
    {
      std::unique_lock lock{mutex_};
      wake_.wait_for(lock, patience, [this] { return !posted_.empty(); });
      got.swap(posted_);
    }
    for (const auto& what : got) what();
    deliver();
    tick();
  }

  void tick() {
    if (ms_since(ticked_) < 50) return;
    ticked_ = bench_clock::now();
    for (size_t n = 0; n < replicas; ++n)
      for (size_t g = 0; g < groups_; ++g) take(n, g, of(n, g).tick(now()));
    deliver();
  }

  std::uint64_t all_syncs() const {
    std::uint64_t sum = 0;
    for (const auto& n : nodes_) sum += n.writer->figures().syncs;
    return sum;
  }

  size_t groups_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::function<void()>> posted_;
  node_store::options writing_;
  std::deque<std::pair<size_t, consensus::message>> wire_;
  std::vector<size_t> free_;     // groups whose batch is committed
  std::vector<size_t> leaders_;  // by group; `replicas`: not known
  std::vector<size_t> open_;     // proposals that are not settled, by group
  std::vector<size_t> batch_size_;
  std::vector<bench_clock::time_point> sent_;
  std::vector<double> latencies_;
  std::uint64_t committed_ = 0;
  size_t batch_ = 0;
  bench_clock::time_point ticked_{};
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
