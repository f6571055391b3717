// A start over a damaged log, with everything real: where others have the state it is set aside, and the node
// comes back empty under another name; where nobody has, nothing is touched.
#include "storage/quarantine.hpp"

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include <catch2/catch_test_macros.hpp>

#include "core/codec.hpp"
#include "storage/high_water.hpp"
#include "storage/keys.hpp"
#include "storage/log_writer.hpp"
#include "storage/replicated_log.hpp"
#include "tests/support/scratch_dir.hpp"

using namespace dip;
namespace fs = std::filesystem;

namespace {

constexpr partition_id p{0};

struct node {
  std::string data;
  std::unique_ptr<kv_store> kv;
  std::unique_ptr<high_water_file> marks;
  std::unique_ptr<replicated_log> log;

  void close() {
    log.reset();
    marks.reset();
    kv.reset();
  }
  result<void> open() {
    const bool fresh = !fs::exists(data + "/state/marks");
    fs::create_directories(data + "/state");
    std::ofstream{data + "/state/FORMAT"}.flush();
    auto rows = open_rocks_kv(data + "/state/db", {});
    if (!rows) return tl::make_unexpected(rows.error());
    kv = std::move(*rows);
    auto file = fresh ? high_water_file::make(data + "/state/marks", 1)
                      : high_water_file::open(data + "/state/marks", 1);
    auto opened =
        file ? replicated_log::open(*kv, p, (*file)->marks()[0], {}) : tl::make_unexpected(file.error());
    if (!opened) {
      close();
      return tl::make_unexpected(opened.error());
    }
    marks = std::move(*file);
    log = std::move(*opened);
    return {};
  }
  result<entered_state> enter(other_copies others) {
    close();
    return enter_state(data, others, [this] { return open(); });
  }
  // Voted in term 2, with three entries.
  void fill() {
    node_store::options o;
    o.on_fatal = [](const error&) {};
    log_writer writer{*kv, marks.get(), o};
    for (auto change : {log->bootstrap(make_membership({{1}, {2}, {3}})),
                        log->write(hard_state{{2}, {3}}, {2},
                                   {{{2}, entry_kind::normal, "a"}, {{2}, entry_kind::normal, "b"}})}) {
      change.done = [] {};
      writer.add(std::move(change));
    }
    while (writer.round()) {
    }
  }
  void rows(const std::function<void(kv_batch&)>& what) const {
    const auto batch = kv->batch();
    what(*batch);
    REQUIRE(kv->write(*batch, true));
  }
};

void copy(const std::string& from, const std::string& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}

struct damage {
  std::string name;
  std::function<void(node&)> inflict;  // on an open node; it is closed afterwards
};

std::vector<damage> every_damage() {
  const auto key = keys::of_index(p, {3});
  return {
      {"shortened", [=](node& n) { n.rows([&](kv_batch& b) { b.remove(family::log, key); }); }},
      {"flipped",
       [=](node& n) {
         auto bytes = **n.kv->snapshot()->get(family::log, key);
         bytes.back() = static_cast<char>(bytes.back() ^ 1);
         n.rows([&](kv_batch& b) { b.put(family::log, key, bytes); });
       }},
      {"its vote forgotten",
       [](node& n) { n.rows([](kv_batch& b) { b.remove(family::vote, keys::of_partition(p)); }); }},
      {"missing",
       [](node& n) {
         n.close();
         fs::remove_all(n.data + "/state/db");
       }},
      {"its marks missing",
       [](node& n) {
         n.close();
         fs::resize_file(n.data + "/state/marks", 0);
       }},
      {"older",
       [](node& n) {
         n.close();
         copy(n.data + "/older", n.data + "/state/db");
       }},
  };
}

}  // namespace

TEST_CASE("a damaged replica is set aside and comes back empty, under a name that has never voted") {
  for (const auto& how : every_damage()) {
    INFO(how.name);
    test::scratch_dir dir;
    node n{dir.text(), {}, {}, {}};
    REQUIRE(n.enter(other_copies::replicas)->aside.empty());
    n.close();
    copy(n.data + "/state/db", n.data + "/older");
    REQUIRE(n.open());
    n.fill();
    REQUIRE(n.enter(other_copies::replicas)->aside.empty());
    CHECK(n.log->last().value == 3);
    how.inflict(n);
    const auto entered = n.enter(other_copies::replicas);
    REQUIRE(entered);
    CHECK(entered->as->value == 1);
    CHECK_FALSE(entered->why.empty());
    CHECK(fs::exists(n.data + "/" + entered->aside + "/marks"));
    CHECK(n.log->last().value == 0);
    CHECK(n.log->voted() == hard_state{});
    CHECK(raft_name("n1", *entered->as) != raft_name("n1", {0}));
    CHECK(n.enter(other_copies::replicas)->aside.empty());
    CHECK(n.enter(other_copies::replicas)->as->value == 1);
  }
}

TEST_CASE("where no other node has a copy a damaged log is left as it is, and nothing is opened") {
  for (const auto& how : every_damage()) {
    INFO(how.name);
    test::scratch_dir dir;
    node n{dir.text(), {}, {}, {}};
    REQUIRE(n.open());
    n.close();
    copy(n.data + "/state/db", n.data + "/older");
    REQUIRE(n.open());
    n.fill();
    how.inflict(n);
    const auto entered = n.enter(other_copies::none);
    REQUIRE_FALSE(entered);
    CHECK(entered.error().code == errc::corrupt);
    CHECK(entered.error().detail.find("no other node has a copy") != std::string::npos);
    CHECK(fs::exists(n.data + "/state"));
    CHECK_FALSE(fs::exists(n.data + "/incarnation"));
    CHECK_FALSE(n.kv);
  }
}

TEST_CASE(
    "a node whose state is gone, but not its incarnation, takes another name; alone, it serves nothing") {
  test::scratch_dir dir;
  node n{dir.text(), {}, {}, {}};
  REQUIRE(n.open());
  REQUIRE(write_incarnation(n.data, {0}));
  CHECK(n.enter(other_copies::replicas)->as == incarnation{0});
  n.close();
  fs::remove_all(n.data + "/state");
  const auto alone = n.enter(other_copies::none);
  REQUIRE_FALSE(alone);
  CHECK(alone.error().code == errc::corrupt);
  CHECK(alone.error().detail.find("no other node has a copy") != std::string::npos);
  CHECK(read_incarnation(n.data).value() == incarnation{0});
  const auto entered = n.enter(other_copies::replicas);
  REQUIRE(entered);
  CHECK(entered->as == incarnation{1});
  CHECK(entered->why.ends_with("/state is gone"));
  CHECK(entered->aside.empty());
  CHECK(n.enter(other_copies::replicas)->why.empty());
  CHECK(n.enter(other_copies::replicas)->as == incarnation{1});
}

TEST_CASE("an error that is no damage sets nothing aside") {
  test::scratch_dir dir;
  fs::create_directories(dir.text() + "/state");
  const auto entered = enter_state(dir.text(), other_copies::replicas,
                                   []() -> result<void> { return fail(errc::disk_full, "no room"); });
  REQUIRE_FALSE(entered);
  CHECK(entered.error().code == errc::disk_full);
  CHECK(fs::exists(dir.text() + "/state"));
}

TEST_CASE("how a cluster began is kept, and with it who its partitions begin with") {
  test::scratch_dir dir;
  CHECK_FALSE(*read_incarnation(dir.text()));
  CHECK_FALSE(*read_founding(dir.text()));
  const founding f{3, {"n3", "n1", "n2", "n4"}};
  REQUIRE(write_founding(dir.text(), f));
  CHECK((*read_incarnation(dir.text()))->value == 0);
  CHECK(*read_founding(dir.text()) == f);

  const auto first = first_members(f, 8);
  REQUIRE(first.size() == 8);
  for (const auto& m : first) CHECK(m.voters().size() == 3);
  CHECK(first == first_members(founding{3, {"n1", "n2", "n3", "n4"}}, 8));
  // Whoever joins is told by others.
  CHECK(first_members(std::nullopt, 8) == std::vector<membership>(8));
}

TEST_CASE("who joined, or came back under another name, begins nothing") {
  test::scratch_dir dir;
  REQUIRE(write_founding(dir.text(), {1, {"n1"}}));
  REQUIRE(write_incarnation(dir.text(), {7}));
  CHECK((*read_incarnation(dir.text()))->value == 7);
  CHECK_FALSE(*read_founding(dir.text()));
}

TEST_CASE("a file that does not say how the cluster began is an error, and no beginning") {
  test::scratch_dir dir;
  for (const std::string text :
       {"0\n", "0\nreplicas\n", "0\nreplicas 3\n", "0\nreplicas 3\nn1\n", "0\nnode n1\n"}) {
    std::ofstream{dir.text() + "/incarnation"} << text;
    CAPTURE(text);
    const auto read = read_founding(dir.text());
    REQUIRE_FALSE(read);
    CHECK(read.error().code == errc::corrupt);
  }
}
