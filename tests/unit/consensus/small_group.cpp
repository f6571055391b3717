#include "tests/unit/consensus/small_group.hpp"

#include <algorithm>
#include <numeric>

#include <catch2/catch_test_macros.hpp>

#include "core/codec.hpp"
#include "storage/table_view.hpp"

namespace dip::test {

options small_group::quick() {
  options o;
  o.election_timeout = milliseconds{1'000};
  o.pre_vote = false;
  return o;
}

small_group::small_group(int voters, const options& o) : options_(o) {
  std::vector<int> all(static_cast<size_t>(voters));
  std::iota(all.begin(), all.end(), 1);
  for (const int n : all) {
    auto log = replicated_log::open(*at(n).kv, {0}, std::nullopt, {});
    const auto batch = at(n).kv->batch();
    (*log)->bootstrap(members_of(all)).put_into(*batch);
    REQUIRE(at(n).kv->write(*batch, true));
    open(n);
  }
}

void small_group::open(int n) {
  auto& r = at(n);
  auto log = replicated_log::open(*r.kv, {0}, std::nullopt, {});
  REQUIRE(log);
  r.log = std::move(*log);
  r.applied = r.log->snapshot().index;
  auto o = options_;
  o.seed = static_cast<unsigned>(n);
  r.core = std::make_unique<consensus::core>(id(n), o, *r.log, r.log->voted());
  handle(n, r.core->start(now_));
}

void small_group::join(int n) { open(n); }

void small_group::crash(int n) {
  at(n).core.reset();
  at(n).writes.clear();
  at(n).disk_held = false;
}

void small_group::restart(int n) {
  crash(n);
  open(n);
}

void small_group::compact(int n) {
  auto& r = at(n);
  const auto mark = r.log->mark_at(r.applied);
  const auto batch = r.kv->batch();
  batch->put(family::meta, applied_key({0}), encode(applied_row{mark.index, {}}));
  batch->put(family::meta, log_start_key({0}), encode(mark));
  batch->remove_range(family::log, std::string(2, '\0'), std::string("\0\0", 2) + std::string(8, '\xff'));
  for (auto i = mark.index.value + 1; i <= r.log->last().value; ++i) FAIL("not everything is applied");
  REQUIRE(r.kv->write(*batch, true));
  r.log->keep_snapshot(mark);
  r.log->forget_up_to(mark);
  handle(n, r.core->snapshot_taken(now_, mark));
}

void small_group::handle(int n, update u) {
  auto& r = at(n);
  r.latest = u;
  if (u.fault) r.failed = true;
  if (r.failed) return;
  if (u.install) {
    r.writes.emplace_back(r.log->install(u.voted, *u.install), 0);
    r.applied = u.install->index;
  } else if (u.append) {
    r.writes.emplace_back(r.log->write(u.voted, u.append->first, u.append->entries), u.append->write);
  } else if (u.voted) {
    r.writes.emplace_back(r.log->write(u.voted, {}, {}), 0);
  }
  wire.insert(wire.end(), u.messages.begin(), u.messages.end());
  answered.insert(answered.end(), u.reads.begin(), u.reads.end());
  if (!r.disk_held) write(n);
  apply(n);
}

void small_group::write(int n) {
  auto& r = at(n);
  while (!r.writes.empty()) {
    const auto [change, name] = std::move(r.writes.front());
    r.writes.pop_front();
    const auto batch = r.kv->batch();
    change.put_into(*batch);
    REQUIRE(r.kv->write(*batch, true));
    if (name > 0) handle(n, r.core->persisted(now_, name));
  }
}

void small_group::let_disk(int n) {
  at(n).disk_held = false;
  write(n);
}

void small_group::apply(int n) {
  auto& r = at(n);
  const auto before = r.applied;
  while (r.applied < r.core->commit() && r.applied < r.log->last()) {
    ++r.applied.value;
    const auto [it, fresh] = applied_.emplace(r.applied.value, r.log->term_at(r.applied));
    if (it->second != r.log->term_at(r.applied)) agree_ = false;
  }
  if (r.applied > before) handle(n, r.core->applied(now_, r.applied));
}

void small_group::tick(int n) { handle(n, of(n).tick(now_)); }

void small_group::receive(int n, const message& m) {
  if (at(n).core && !at(n).failed) handle(n, of(n).receive(now_, m));
}

void small_group::deliver(const std::function<bool(const message&)>& wanted) {
  for (const auto& m : std::exchange(wire, {}))
    if (wanted(m)) receive(static_cast<int>(m.to.value), m);
}

void small_group::deliver_between(const std::vector<int>& these) {
  const auto among = [&](node_id n) {
    return std::any_of(these.begin(), these.end(), [&](int i) { return id(i) == n; });
  };
  deliver([&](const message& m) { return among(m.from) && among(m.to); });
}

void small_group::settle(const std::vector<int>& these) {
  for (int i = 0; i < 200 && !wire.empty(); ++i) deliver_between(these);
  drop_all();
}

bool small_group::elect(int n, const std::vector<int>& these) {
  for (int i = 0; i < 6 && !leads(n); ++i) {
    pass(2'100);
    tick(n);
    for (int hop = 0; hop < 6 && !leads(n); ++hop) deliver_between(these);
  }
  return leads(n);
}

result<proposal> small_group::propose(int n, const std::string& command) {
  auto done = of(n).propose(now_, {command});
  if (done) handle(n, done->effects);
  return done;
}

result<proposal> small_group::change(int n, const membership& wanted) {
  auto done = of(n).change(now_, wanted);
  if (done) handle(n, done->effects);
  return done;
}

result<std::uint64_t> small_group::read(int n) {
  auto asked = of(n).read(now_);
  if (!asked) return tl::make_unexpected(asked.error());
  handle(n, asked->effects);
  return asked->id;
}

}  // namespace dip::test
