// Committed entries a second and their latency: three replicas in one process and on one disk, each with a
// store, a writer thread and marks of its own; entries of 256 bytes, synced. Beside it what the disk gives
// without us: three stores that write the same batches, each synced, in parallel. Nothing is applied, and
// there is no network.
//   build/release/bench_consensus [DIRECTORY [SECONDS]]
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "consensus/core.hpp"
#include "storage/keys.hpp"
#include "storage/log_writer.hpp"
#include "storage/replicated_log.hpp"

namespace {

using namespace dip;
using bench_clock = std::chrono::steady_clock;

constexpr size_t entry_bytes = 256;
constexpr size_t replicas = 3;

double ms_since(bench_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(bench_clock::now() - begin).count();
}

struct line {
  double per_second = 0, p50 = 0, p99 = 0;
};

line summed_up(std::vector<double> latencies, double entries, double seconds) {
  std::sort(latencies.begin(), latencies.end());
  const auto at = [&](double share) {
    return latencies.empty()
               ? 0
               : latencies[static_cast<size_t>(share * static_cast<double>(latencies.size() - 1))];
  };
  return {entries / seconds, at(0.5), at(0.99)};
}

// One turn: `entries` on each of three stores, and the slowest is waited for.
line bare(const std::string& directory, size_t entries, double seconds) {
  std::vector<std::unique_ptr<kv_store>> stores;
  for (size_t i = 0; i < replicas; ++i)
    stores.push_back(std::move(*open_rocks_kv(directory + "/bare" + std::to_string(i), {})));
  const std::string value(entry_bytes, 'x');
  std::vector<double> latencies;
  std::uint64_t index = 0, written = 0;
  const auto begin = bench_clock::now();
  while (ms_since(begin) < seconds * 1000) {
    const auto sent = bench_clock::now();
    const auto first = index;
    index += entries;
    std::vector<std::jthread> threads;
    for (auto& kv : stores)
      threads.emplace_back([&kv, &value, first, entries] {
        const auto batch = kv->batch();
        for (size_t i = 1; i <= entries; ++i)
          batch->put(family::log, keys::of_index({0}, {first + i}), value);
        if (!kv->write(*batch, true)) std::abort();
      });
    threads.clear();
    latencies.push_back(ms_since(sent));
    written += entries;
  }
  return summed_up(std::move(latencies), static_cast<double>(written), ms_since(begin) / 1000);
}

struct replica {
  std::unique_ptr<replicated_log> log;
  std::unique_ptr<consensus::core> core;
  int votes_under_way = 0;
  std::vector<consensus::message> held;  // until the votes are durable
};

struct node {
  std::unique_ptr<kv_store> kv;
  std::unique_ptr<high_water_file> marks;
  std::unique_ptr<log_writer> writer;
  std::vector<replica> groups;
};

class cluster {
public:
  cluster(const std::string& directory, size_t groups) : groups_(groups), sent_(groups), waits_for_(groups) {
    writing_.on_durable = [](partition_id, log_index) {};
    writing_.on_fatal = [](const error& e) {
      std::fprintf(stderr, "%s\n", e.detail.c_str());
      std::abort();
    };
    for (size_t n = 0; n < replicas; ++n) open(directory + "/node" + std::to_string(n));
    for (size_t n = 0; n < replicas; ++n)
      for (size_t g = 0; g < groups; ++g) handle(n, g, nodes_[n].groups[g].core->start(now()));
    while (!all_lead()) {
      step(std::chrono::milliseconds{20});
      tick();
    }
  }

  // Keeps one batch under way in every group.
  line run(size_t batch, double seconds) {
    latencies_.clear();
    const auto begin = bench_clock::now();
    for (size_t g = 0; g < groups_; ++g) propose(g, batch);
    std::uint64_t committed = 0;
    while (ms_since(begin) < seconds * 1000) {
      step(std::chrono::milliseconds{100});
      for (size_t g = 0; g < groups_; ++g) {
        if (nodes_[leader(g)].groups[g].core->commit() < waits_for_[g]) continue;
        latencies_.push_back(ms_since(sent_[g]));
        committed += batch;
        propose(g, batch);
      }
      tick();
    }
    return summed_up(latencies_, static_cast<double>(committed), ms_since(begin) / 1000);
  }

private:
  struct durable {
    size_t node = 0, group = 0;
    std::uint64_t write = 0;
    bool voted = false;
  };

  void open(const std::string& directory) {
    std::filesystem::create_directories(directory);
    auto& n = nodes_.emplace_back();
    n.kv = std::move(*open_rocks_kv(directory + "/db", {}));
    n.marks = std::move(*high_water_file::make(directory + "/marks", static_cast<std::uint16_t>(groups_)));
    n.writer = std::make_unique<log_writer>(*n.kv, n.marks.get(), writing_);
    n.writer->start_thread();
    consensus::options o;
    o.max_inflight = 100'000;
    o.seed = static_cast<unsigned>(nodes_.size());
    for (size_t g = 0; g < groups_; ++g) {
      auto& r = n.groups.emplace_back();
      r.log = std::move(*replicated_log::open(*n.kv, {static_cast<std::uint16_t>(g)}, std::nullopt, {}));
      auto first = r.log->bootstrap(make_membership({{1}, {2}, {3}}));
      first.done = [] {};
      n.writer->add(std::move(first));
      n.writer->wait_written();
      r.core = std::make_unique<consensus::core>(node_id{nodes_.size()}, o, *r.log, r.log->voted());
    }
  }

  static milliseconds now() {
    return std::chrono::duration_cast<milliseconds>(bench_clock::now().time_since_epoch());
  }
  size_t leader(size_t g) const {
    for (size_t n = 0; n < replicas; ++n)
      if (nodes_[n].groups[g].core->role() == consensus::role::leader) return n;
    return replicas;
  }
  bool all_lead() const {
    for (size_t g = 0; g < groups_; ++g)
      if (leader(g) == replicas) return false;
    return true;
  }

  void propose(size_t g, size_t batch) {
    const auto n = leader(g);
    if (n == replicas) std::abort();
    sent_[g] = bench_clock::now();
    auto done = nodes_[n].groups[g].core->propose(
        now(), std::vector<std::string>(batch, std::string(entry_bytes, 'x')));
    if (!done) std::abort();
    waits_for_[g] = {done->first.value + batch - 1};
    handle(n, g, std::move(done->effects));
  }

  void handle(size_t n, size_t g, consensus::update u) {
    auto& r = nodes_[n].groups[g];
    if (u.fault) std::abort();
    if (u.append || u.voted) {
      auto change = u.append ? r.log->write(u.voted, u.append->first, u.append->entries)
                             : r.log->write(u.voted, {}, {});
      if (u.voted) ++r.votes_under_way;
      change.done = [this, what = durable{n, g, u.append ? u.append->write : 0, u.voted.has_value()}] {
        const std::lock_guard lock{mutex_};
        durable_.push_back(what);
        wake_.notify_one();
      };
      nodes_[n].writer->add(std::move(change));
    }
    auto& out =
        r.votes_under_way > 0 ? r.held : wire_.emplace_back(g, std::vector<consensus::message>{}).second;
    out.insert(out.end(), u.messages.begin(), u.messages.end());
  }

  void deliver() {
    while (!wire_.empty()) {
      const auto [g, messages] = std::move(wire_.front());
      wire_.pop_front();
      for (const auto& m : messages) {
        const auto n = static_cast<size_t>(m.to.value - 1);
        handle(n, g, nodes_[n].groups[g].core->receive(now(), m));
      }
    }
  }

  void step(milliseconds patience) {
    deliver();
    std::vector<durable> got;
    {
      std::unique_lock lock{mutex_};
      wake_.wait_for(lock, patience, [this] { return !durable_.empty(); });
      got.swap(durable_);
    }
    for (const auto& d : got) {
      auto& r = nodes_[d.node].groups[d.group];
      if (d.voted && --r.votes_under_way == 0) wire_.emplace_back(d.group, std::exchange(r.held, {}));
      if (d.write > 0) handle(d.node, d.group, r.core->persisted(now(), d.write));
    }
    deliver();
  }

  void tick() {
    if (ms_since(ticked_) < 50) return;
    ticked_ = bench_clock::now();
    for (size_t n = 0; n < replicas; ++n)
      for (size_t g = 0; g < groups_; ++g) handle(n, g, nodes_[n].groups[g].core->tick(now()));
    deliver();
  }

  size_t groups_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<durable> durable_;
  node_store::options writing_;
  std::deque<std::pair<size_t, std::vector<consensus::message>>> wire_;
  std::vector<bench_clock::time_point> sent_;
  std::vector<log_index> waits_for_;
  std::vector<double> latencies_;
  bench_clock::time_point ticked_{};
  std::deque<node> nodes_;
};

void print(const char* what, size_t groups, size_t batch, const line& l) {
  std::printf("%-20s %zu group%s  batch %2zu  %9.0f entries/s   p50 %7.3f ms   p99 %7.3f ms\n", what, groups,
              groups == 1 ? " " : "s", batch, l.per_second, l.p50, l.p99);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string directory = argc > 1 ? argv[1] : "bench-consensus-data";
  const double seconds = argc > 2 ? std::atof(argv[2]) : 3;
  for (const size_t groups : {1, 8})
    for (const size_t batch : {1, 16, 64}) {
      std::filesystem::remove_all(directory);
      const auto disk = bare(directory, groups * batch, seconds);
      print("bare synced batches", groups, batch, disk);
      cluster c{directory, groups};
      const auto ours = c.run(batch, seconds);
      print("three replicas", groups, batch, ours);
      std::printf("%20s %.2f\n", "share of the disk's", ours.per_second / disk.per_second);
    }
  std::filesystem::remove_all(directory);
}
