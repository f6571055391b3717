// The marks lag behind the logs and never lead; what makes a log shorter, or brings it a later term, waits
// for them.
#include "storage/high_water_marks.hpp"

#include <filesystem>

#include <catch2/catch_test_macros.hpp>

#include "storage/log_writer.hpp"
#include "storage/quarantine.hpp"
#include "storage/replicated_log.hpp"
#include "tests/support/scratch_dir.hpp"

using namespace dip;

namespace {

log_change appended(std::uint64_t last, std::uint64_t term) {
  log_change c;
  c.records.emplace_back(log_index{last}, "record");
  c.last = {{last}, last * 100};
  c.highest_term = {term};
  return c;
}

}  // namespace

TEST_CASE("a mark follows when a turn is durable, and need not be written before it") {
  high_water_marks marks{{{{5}, 500, {2}, {2}}}};
  CHECK_FALSE(marks.before({appended(9, 2)}));
  CHECK(marks.all()[0].index.value == 5);
  marks.after({appended(9, 2)});
  CHECK(marks.all()[0].index.value == 9);
  CHECK(marks.all()[0].checksum == 900);
  CHECK(marks.late());
  marks.written();
  CHECK_FALSE(marks.late());
}

TEST_CASE("a later term is in the mark file before it is in the log") {
  high_water_marks marks{{{{5}, 500, {2}, {2}}}};
  CHECK(marks.before({appended(6, 3)}));
  CHECK(marks.all()[0].latest_term.value == 3);
  CHECK(marks.all()[0].term.value == 2);
  CHECK_FALSE(marks.before({appended(7, 3)}));
}

TEST_CASE("a log gets shorter after its mark") {
  high_water_marks marks{{{{5}, 500, {2}, {2}}}};
  auto c = appended(4, 2);
  c.kept = log_change::place{{3}, 300};
  CHECK(marks.before({c}));
  CHECK(marks.all()[0].index.value == 3);
  CHECK(marks.all()[0].checksum == 300);
  auto above = appended(8, 2);
  above.kept = log_change::place{{7}, 700};
  CHECK_FALSE(marks.before({above}));
  log_change install;
  install.installed = snapshot_mark{{40}, {2}, make_membership({{1}}), {1}, 7};
  CHECK(marks.before({install}));
  CHECK(marks.all()[0].index.value == 0);
}

TEST_CASE("logs of several groups are one synced write, marks and a restart included") {
  test::scratch_dir dir;
  const auto db = dir.text() + "/db", file = dir.text() + "/marks";
  node_store::options o;
  std::atomic<int> done{0};
  o.on_fatal = [](const error&) {};
  {
    auto kv = std::move(*open_rocks_kv(db, {}));
    auto marks = std::move(*high_water_file::make(file, 3));
    log_writer writer{*kv, marks.get(), o};
    for (std::uint16_t g = 0; g < 3; ++g) {
      auto log = std::move(*replicated_log::open(*kv, {g}, std::nullopt, {}));
      for (auto change : {log->bootstrap(make_membership({{1}, {2}})),
                          log->write(hard_state{{4}, {1}}, {2},
                                     {{{4}, entry_kind::normal, "a"}, {{4}, entry_kind::normal, "b"}}),
                          log->write(std::nullopt, {3}, {{{4}, entry_kind::normal, "c"}})}) {
        change.done = [&] { ++done; };
        writer.add(std::move(change));
      }
    }
    CHECK(writer.round());
    CHECK(done == 9);
    CHECK(writer.figures().syncs == 1);
  }
  auto kv = std::move(*open_rocks_kv(db, {}));
  auto marks = std::move(*high_water_file::open(file, 3));
  for (std::uint16_t g = 0; g < 3; ++g) {
    const auto log = replicated_log::open(*kv, {g}, marks->marks()[g], {});
    REQUIRE(log);
    CHECK((*log)->last().value == 3);
    CHECK((*log)->voted() == hard_state{{4}, {1}});
    CHECK(marks->marks()[g].index.value == 3);
    CHECK(marks->marks()[g].latest_term.value == 4);
  }
}

TEST_CASE("damaged data is set aside, never removed, and the node gets another incarnation") {
  test::scratch_dir dir;
  const auto data = dir.text();
  std::filesystem::create_directories(data + "/state/db");
  CHECK_FALSE(read_incarnation(data)->has_value());
  const auto first = set_aside(data);
  REQUIRE(first);
  CHECK_FALSE(std::filesystem::exists(data + "/state"));
  CHECK(std::filesystem::exists(data + "/" + *first + "/db"));
  CHECK((*read_incarnation(data))->value == 1);
  // Cut off between the two: the data is aside, or the number is not yet spent. Both end well.
  std::filesystem::create_directories(data + "/state");
  const auto second = set_aside(data);
  REQUIRE(second);
  CHECK(*second != *first);
  CHECK((*read_incarnation(data))->value == 2);
  CHECK(raft_name("n1", {1}) != raft_name("n1", {2}));
  CHECK(raft_name("n1", {1}) != raft_name("n2", {1}));
  CHECK(raft_name("n1", {1}) == raft_name("n1", {1}));
  CHECK(raft_name("n1", {0}).value != 0);
}
