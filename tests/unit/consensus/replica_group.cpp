#include "tests/unit/consensus/replica_group.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "core/codec.hpp"
#include "storage/keys.hpp"
#include "storage/table_view.hpp"

namespace dip::test {
namespace {

constexpr partition_id p{3};

void must(const result<void>& done) {
  if (!done) throw std::runtime_error(done.error().detail);
}

}  // namespace

void hand_disk::add(std::function<void()> step) {
  waiting_.push_back(std::move(step));
  if (!held) work();
}

void hand_disk::work() {
  if (working_) return;
  working_ = true;
  while (!waiting_.empty()) {
    const auto step = std::move(waiting_.front());
    waiting_.pop_front();
    step();
  }
  working_ = false;
}

void hand_disk::write(log_change change) {
  add([this, change = std::move(change)] {
    const auto batch = kv_.batch();
    change.put_into(*batch);
    must(kv_.write(*batch, true));
    change.done();
  });
}

void hand_disk::run(std::function<result<void>(kv_store&)> what, std::function<void()> done) {
  add([this, what = std::move(what), done = std::move(done)] {
    must(what(kv_));
    if (done) done();
  });
}

void hand_disk::cut(partition_id part, const snapshot_mark& start) {
  run(
      [part, start](kv_store& kv) -> result<void> {
        const auto batch = kv.batch();
        if (auto put = put_start(*batch, *kv.snapshot(), part, start); !put) return put;
        return kv.write(*batch, false);
      },
      {});
}

result<void> command_list::apply(const std::vector<replicated_entry>& entries) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const auto& e : entries) {
    ++applied_.value;
    if (e.kind != entry_kind::normal) continue;
    commands.push_back(e.payload);
    rows.emplace_back(keys::of_index(p, applied_), e.payload);
  }
  disk_.run(
      [rows = std::move(rows), applied = applied_](kv_store& kv) {
        const auto batch = kv.batch();
        for (const auto& [key, value] : rows) batch->put(family::objects, key, value);
        batch->put(family::meta, applied_key(p), encode(applied_row{applied, {}}));
        return kv.write(*batch, false);
      },
      {});
  return {};
}

result<void> command_list::reload() {
  applied_ = {};
  commands.clear();
  const auto look = kv_.snapshot();
  if (const auto row = look->get(family::meta, applied_key(p)); row && *row)
    applied_ = decode<applied_row>(**row)->index;
  return look->each(family::objects, keys::of_partition(p), "",
                    [&](std::string_view, std::string_view value) {
                      commands.emplace_back(value);
                      return true;
                    });
}

consensus::replica_options replica_group::quick() {
  consensus::replica_options o;
  o.core.election_timeout = milliseconds{1'000};
  o.core.pre_vote = false;
  return o;
}

replica_group::replica_group(int voters, consensus::replica_options o) : options_(std::move(o)) {
  std::vector<node_id> names;
  for (int n = 1; n <= voters; ++n) names.push_back({static_cast<std::uint64_t>(n)});
  for (int n = 1; n <= voters; ++n) {
    auto& h = hosts_[n];
    const auto batch = h.kv->batch();
    (*replicated_log::open(*h.kv, p, std::nullopt, {}))->bootstrap(make_membership(names)).put_into(*batch);
    must(h.kv->write(*batch, true));
    open(n);
  }
}

void replica_group::join(int n) {
  hosts_[n] = {};
  open(n);
}

void replica_group::open(int n) {
  auto& h = at(n);
  h.disk = std::make_unique<hand_disk>(*h.kv);
  h.state = std::make_unique<command_list>(*h.kv, *h.disk);
  h.store = partition_store::open({h.kv.get(), h.disk.get(), h.state.get()}, p, std::nullopt, {}).value();
  h.store->tell({[this, n](std::uint64_t number) { take(n, at(n).replica->written(now, number)); },
                 [this, n] { take(n, at(n).replica->put_in_place(now)); },
                 [this, n] { take(n, at(n).replica->pinned(now)); },
                 [](const error& e) { throw std::runtime_error(e.detail); }});
  auto o = options_;
  o.core.seed = static_cast<unsigned>(n);
  h.replica = std::make_unique<consensus::replica>(node_id{static_cast<std::uint64_t>(n)}, o, *h.store);
  take(n, h.replica->start(now));
}

void replica_group::take(int n, consensus::effects e) {
  if (e.fault) throw std::runtime_error(e.fault->detail);
  auto& h = at(n);
  wire.insert(wire.end(), e.messages.begin(), e.messages.end());
  h.settled.insert(h.settled.end(), e.proposals.begin(), e.proposals.end());
  h.reads.insert(h.reads.end(), e.reads.begin(), e.reads.end());
  h.latest = std::move(e);
}

void replica_group::deliver(const std::function<bool(const consensus::message&)>& wanted) {
  for (auto& m : std::exchange(wire, {}))
    if (wanted(m)) {
      const auto n = static_cast<int>(m.to.value);
      take(n, at(n).replica->receive(now, std::move(m)));
    }
}

void replica_group::settle(const std::vector<int>& these) {
  const auto in = [&](node_id id) {
    return std::find(these.begin(), these.end(), static_cast<int>(id.value)) != these.end();
  };
  while (!wire.empty()) deliver([&](const auto& m) { return in(m.from) && in(m.to); });
}

bool replica_group::elect(int n, const std::vector<int>& these) {
  for (int tries = 0; tries < 20 && !at(n).latest.serves; ++tries) {
    pass(2'001);
    tick(n);
    settle(these);
  }
  return at(n).latest.serves;
}

bool replica_group::propose(int n, std::vector<std::string> commands) {
  auto done = at(n).replica->propose(now, std::move(commands));
  if (!done) return false;
  take(n, std::move(done->effects));
  return true;
}

void replica_group::beat(int leader, const std::vector<int>& these, int times) {
  for (; times > 0; --times) {
    pass(100);
    for (const int n : these) tick(n == leader ? leader : n);
    settle(these);
  }
}

}  // namespace dip::test
