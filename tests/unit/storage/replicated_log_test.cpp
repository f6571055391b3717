// One suite over both stores, so that the one in memory cannot drift from the one on disk.
#include "storage/replicated_log.hpp"

#include <functional>
#include <memory>
#include <string>

#include <catch2/catch_template_test_macros.hpp>
#include <catch2/catch_test_macros.hpp>

#include "core/codec.hpp"
#include "storage/keys.hpp"
#include "storage/log_record.hpp"
#include "storage/state_transfer.hpp"
#include "storage/table_view.hpp"
#include "tests/support/scratch_dir.hpp"

using namespace dip;

namespace {

constexpr partition_id p{3};
constexpr partition_id other{4};

struct in_memory {
  std::unique_ptr<kv_store> kv = make_memory_kv();
  void reopen() {}
};

struct on_disk {
  test::scratch_dir directory;
  std::unique_ptr<kv_store> kv = std::move(*open_rocks_kv(directory.text() + "/db", {}));
  void reopen() {
    kv.reset();
    kv = std::move(*open_rocks_kv(directory.text() + "/db", {}));
  }
};

replicated_entry normal(std::uint64_t term, std::string payload) {
  return {{term}, entry_kind::normal, std::move(payload)};
}

template <class Ground>
struct store : Ground {
  std::unique_ptr<replicated_log> log;
  replicated_log::options o;

  result<void> open(const std::optional<high_water_mark>& mark = std::nullopt) {
    this->reopen();
    auto opened = replicated_log::open(*this->kv, p, mark, o);
    if (!opened) return tl::make_unexpected(opened.error());
    log = std::move(*opened);
    return {};
  }
  void write(const log_change& change) {
    const auto batch = this->kv->batch();
    change.put_into(*batch);
    REQUIRE(this->kv->write(*batch, true));
    log->durable(log->last());
  }
  void append(std::uint64_t first, const std::vector<replicated_entry>& entries) {
    write(log->write(hard_state{entries.back().term, {1}}, {first}, entries));
  }
  void apply_up_to(std::uint64_t index) {
    const auto batch = this->kv->batch();
    batch->put(family::meta, applied_key(p), encode(applied_row{{index}, {}}));
    REQUIRE(this->kv->write(*batch, false));
  }
  std::string payload(std::uint64_t index) {
    const auto e = log->entries({index}, {index}, 1);
    REQUIRE(e);
    return e->front().payload;
  }
};

bool is_damage(const result<void>& opened, const std::string& word) {
  return !opened && opened.error().code == errc::corrupt &&
         opened.error().detail.find(word) != std::string::npos;
}

}  // namespace

TEMPLATE_TEST_CASE("what was written is there after a restart", "", in_memory, on_disk) {
  store<TestType> s;
  REQUIRE(s.open());
  CHECK(s.log->last().value == 0);
  s.write(s.log->bootstrap(make_membership({{1}, {2}, {3}})));
  s.append(2, {normal(2, "a"), normal(2, "b")});
  s.write(s.log->write(hard_state{{5}, {3}}, {}, {}));
  REQUIRE(s.open());
  CHECK(s.log->voted() == hard_state{{5}, {3}});
  CHECK(s.log->first().value == 1);
  CHECK(s.log->last().value == 3);
  CHECK(s.log->term_at({1}).value == 1);
  CHECK(s.log->term_at({3}).value == 2);
  CHECK(s.log->term_at({4}).value == 0);
  CHECK(s.payload(3) == "b");
  CHECK(s.log->mark_at({3}).members == make_membership({{1}, {2}, {3}}));
}

TEMPLATE_TEST_CASE("an append replaces everything behind its beginning", "", in_memory, on_disk) {
  store<TestType> s;
  REQUIRE(s.open());
  s.write(s.log->bootstrap(make_membership({{1}})));
  s.append(2, {normal(1, "a"), normal(1, "b"), normal(1, "c")});
  s.append(3, {normal(2, "B")});
  CHECK(s.log->last().value == 3);
  const auto checksum = s.log->checksum_at({3});
  REQUIRE(s.open());
  CHECK(s.log->last().value == 3);
  CHECK(s.payload(2) == "a");
  CHECK(s.payload(3) == "B");
  CHECK(s.log->checksum_at({3}) == checksum);
}

TEMPLATE_TEST_CASE("old payloads are read back from the store", "", in_memory, on_disk) {
  store<TestType> s;
  s.o.cached_bytes = 10;
  REQUIRE(s.open());
  s.write(s.log->bootstrap(make_membership({{1}})));
  for (std::uint64_t i = 2; i < 50; ++i) s.append(i, {normal(1, "payload " + std::to_string(i))});
  for (std::uint64_t i = 2; i < 50; ++i) CHECK(s.payload(i) == "payload " + std::to_string(i));
  const auto some = s.log->entries({2}, {49}, 25);
  REQUIRE(some);
  CHECK(some->size() == 2);
  CHECK(s.log->entries({60}, {61}, 1).error().code == errc::corrupt);
}

TEMPLATE_TEST_CASE("logs of two partitions do not see each other", "", in_memory, on_disk) {
  store<TestType> s;
  REQUIRE(s.open());
  s.write(s.log->bootstrap(make_membership({{1}})));
  auto second = std::move(*replicated_log::open(*s.kv, other, std::nullopt, {}));
  CHECK(second->last().value == 0);
  s.write(second->bootstrap(make_membership({{1}})));
  s.append(2, {normal(1, "a")});
  s.append(2, {normal(2, "b")});
  REQUIRE(s.open());
  CHECK(s.log->last().value == 2);
  CHECK((*replicated_log::open(*s.kv, other, std::nullopt, {}))->last().value == 1);
}

TEMPLATE_TEST_CASE("a missing, changed or forgotten piece is noticed", "", in_memory, on_disk) {
  store<TestType> s;
  REQUIRE(s.open());
  s.write(s.log->bootstrap(make_membership({{1}})));
  s.append(2, {normal(2, "a"), normal(2, "b"), normal(2, "c")});
  const high_water_mark mark{{4}, s.log->checksum_at({4}), {2}, {2}};
  REQUIRE(s.open(mark));
  const auto change = [&](auto what) {
    const auto batch = s.kv->batch();
    what(*batch);
    REQUIRE(s.kv->write(*batch, true));
  };
  const auto key = [](std::uint64_t i) { return keys::of_index(p, {i}); };
  const auto third = **s.kv->snapshot()->get(family::log, key(3));
  const auto fourth = **s.kv->snapshot()->get(family::log, key(4));

  change([&](kv_batch& b) { b.remove(family::log, key(4)); });
  CHECK(s.open());  // without a mark a shorter log is a log
  CHECK(is_damage(s.open(mark), "ends before entry 4"));
  change([&](kv_batch& b) { b.put(family::log, key(4), fourth); });
  change([&](kv_batch& b) { b.remove(family::log, key(3)); });
  CHECK(is_damage(s.open(mark), "entry 3 is missing"));
  for (size_t i = 0; i < third.size(); ++i) {
    auto flipped = third;
    flipped[i] = static_cast<char>(flipped[i] ^ 4);
    change([&](kv_batch& b) { b.put(family::log, key(3), flipped); });
    CHECK(is_damage(s.open(mark), "damaged"));
  }
  change([&](kv_batch& b) { b.put(family::log, key(3), third); });
  REQUIRE(s.open(mark));
  CHECK(is_damage(s.open(high_water_mark{{4}, 1, {2}, {2}}), "not the one that was durable"));
  CHECK(is_damage(s.open(high_water_mark{{2}, s.log->checksum_at({2}), {1}, {1}}), "older"));
  CHECK(is_damage(s.open(high_water_mark{{4}, s.log->checksum_at({4}), {3}, {3}}), "forgotten its term"));
  change([&](kv_batch& b) { b.put(family::vote, keys::of_partition(p), encode(hard_state{{1}, {}})); });
  CHECK(is_damage(s.open(), "forgotten its term"));
  change([&](kv_batch& b) { b.put(family::vote, keys::of_partition(p), encode(hard_state{{2}, {}})); });
  s.apply_up_to(9);
  CHECK(is_damage(s.open(), "ends before what was applied"));
}

TEMPLATE_TEST_CASE("a log that was cut goes on behind its new beginning", "", in_memory, on_disk) {
  store<TestType> s;
  REQUIRE(s.open());
  s.write(s.log->bootstrap(make_membership({{1}, {2}})));
  for (std::uint64_t i = 2; i <= 9; ++i) s.append(i, {normal(1, std::to_string(i))});
  s.apply_up_to(8);
  const auto start = s.log->mark_at({5});
  s.log->forget_up_to(start);
  const auto batch = s.kv->batch();
  batch->put(family::meta, log_start_key(p), encode(start));
  batch->remove_range(family::log, keys::of_index(p, {0}), keys::of_index(p, {6}));
  REQUIRE(s.kv->write(*batch, true));
  s.append(10, {normal(1, "10")});
  CHECK(s.log->first().value == 6);
  CHECK(s.log->term_at({5}).value == 1);
  CHECK(s.log->term_at({4}).value == 0);
  REQUIRE(s.open());
  CHECK(s.log->first().value == 6);
  CHECK(s.log->last().value == 10);
  CHECK(s.log->snapshot().index.value == 8);
  CHECK(s.log->snapshot().members == make_membership({{1}, {2}}));
}

TEMPLATE_TEST_CASE("a state travels in pieces and is put in place as one step, wherever it is cut off", "",
                   in_memory, on_disk) {
  store<TestType> from;
  REQUIRE(from.open());
  from.write(from.log->bootstrap(make_membership({{1}, {2}})));
  for (std::uint64_t i = 2; i <= 7; ++i) from.append(i, {normal(1, "x")});
  {
    const auto batch = from.kv->batch();
    for (int i = 0; i < 100; ++i) {
      batch->put(family::objects, keys::of_partition(p) + "o" + std::to_string(i), std::string(50, 'v'));
      batch->put(family::queues, keys::of_partition(p) + "q" + std::to_string(i), "w");
      batch->put(family::objects, keys::of_partition(other) + "o" + std::to_string(i), "foreign");
    }
    REQUIRE(from.kv->write(*batch, false));
  }
  from.apply_up_to(7);
  const auto mark = from.log->mark_at({7});

  store<TestType> to;
  REQUIRE(to.open());
  to.write(to.log->bootstrap(make_membership({{1}, {2}})));
  to.append(2, {normal(1, "y")});
  {
    const auto batch = to.kv->batch();
    batch->put(family::objects, keys::of_partition(p) + "old", "old");
    REQUIRE(to.kv->write(*batch, false));
  }
  const auto look = from.kv->snapshot();
  REQUIRE(begin_staging(*to.kv, p));
  std::string next;
  int pieces = 0;
  do {
    const auto chunk = read_state(*look, p, next, 300);
    REQUIRE(chunk);
    REQUIRE(stage(*to.kv, p, *chunk));
    next = chunk->next;
    ++pieces;
  } while (!next.empty());
  CHECK(pieces > 20);

  // Before it is installed, nothing is seen of it.
  REQUIRE(to.open());
  CHECK(to.log->last().value == 2);
  CHECK(to.kv->snapshot()->get(family::objects, keys::of_partition(p) + "old")->has_value());

  // The power goes right behind the one write that decides: the next start completes it.
  to.write(to.log->install(hard_state{{1}, {}}, mark));
  REQUIRE(to.open());
  CHECK(to.log->last().value == 7);
  CHECK(to.log->snapshot() == mark);
  CHECK_FALSE(to.kv->snapshot()->get(family::objects, keys::of_partition(p) + "old")->has_value());
  CHECK_FALSE(to.kv->snapshot()->get(family::objects, keys::of_partition(other) + "o1")->has_value());
  int rows = 0;
  for (const auto f : {family::objects, family::queues})
    REQUIRE(to.kv->snapshot()->each(f, keys::of_partition(p), "", [&](std::string_view, std::string_view) {
      ++rows;
      return true;
    }));
  CHECK(rows == 200);
  // The chain goes on as it does where the state came from.
  from.append(8, {normal(1, "z")});
  to.append(8, {normal(1, "z")});
  CHECK(to.log->checksum_at({8}) == from.log->checksum_at({8}));
}

TEST_CASE("a piece of a state that is none is refused") {
  const auto kv = make_memory_kv();
  CHECK(read_state(*kv->snapshot(), p, "\x7fkey", 100).error().code == errc::bad_request);
  CHECK(stage(*kv, p, {{{family::vote, "", "x"}}, ""}).error().code == errc::bad_request);
  CHECK(stage(*kv, p, {{{family::meta, "s", "x"}}, ""}).error().code == errc::bad_request);
}
