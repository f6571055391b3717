// Relay and scrubber, in virtual time.
#include <set>

#include <catch2/catch_test_macros.hpp>

#include "actors/object_copies.hpp"
#include "tests/unit/actors/still_node.hpp"

using namespace dip;
using namespace dip::test;
using namespace std::chrono_literals;

namespace {

// Object files that cannot be looked at.
class broken_store final : public object_store {
public:
  result<std::unique_ptr<object_writer>> create(bucket, checksum) override {
    throw std::runtime_error("broken");
  }
  result<std::unique_ptr<object_reader>> open(const object_name&) override {
    throw std::runtime_error("broken");
  }
  result<void> remove(const object_name&) override { throw std::runtime_error("cannot be removed"); }
  result<void> sync(const object_name&) override { throw std::runtime_error("broken"); }
  result<void> verify(const object_row&) override { throw std::runtime_error("broken"); }
  result<void> each(bucket, const std::function<bool(const object_name&, wall_time)>&) override {
    throw std::runtime_error("cannot be walked");
  }
  result<std::uint64_t> free_bytes() const override { return 0; }
};

// Other nodes that are asked and give nothing.
class asked_copies final : public object_copies {
public:
  [[nodiscard]] bool kept_here(partition_id) const override { return kept; }
  [[nodiscard]] result<void> replicate(const std::vector<object_row>&) override { return {}; }
  [[nodiscard]] result<std::unique_ptr<object_reader>> open(const object_row&) override {
    return fail(errc::not_found, "");
  }
  bool mend(const object_row& row) override {
    to_mend.insert(row.name);
    return true;
  }
  [[nodiscard]] copy_figures figures() const override { return {}; }

  bool kept = true;
  std::set<object_name> to_mend;
};

struct watched_files {
  watched_files() {
    node.env.copies = &copies;
    node.start_partition();
    node.start_scrubber();
  }
  void finish_all() {
    while (!node.threads.jobs.empty()) node.threads.finish_one();
    node.settle();
  }
  // The memory store's files have the time of the real clock; virtual time is long before it.
  void be_later_than_files_by(milliseconds t) {
    node.set_wall_forward(std::chrono::duration_cast<milliseconds>(system_clock{}.wall() - node.wall()) + t);
  }
  void rounds(int n) {
    for (; n > 0; --n) {
      node.pass(1min);
      finish_all();
    }
  }
  object_name file_without_row(bucket in) {
    auto name = make_upload_name(in, ulid::make(node.wall(), {}), image_format::jpeg);
    put_file(node, name);
    return name;
  }

  asked_copies copies;
  still_node node;
};

}  // namespace

TEST_CASE("relay: who watches a request hears of its changes, and of no other's") {
  still_node node;
  node.start_relay();
  node.start_partition();
  const auto mine = node.accept();
  const auto other = node.accept();
  watcher a{node.watch, mine.id};
  watcher b{node.watch, other.id};
  CHECK_FALSE(a.heard());
  REQUIRE(node.lease(queue_name::request).at(0).request.id == mine.id);
  CHECK(a.heard());
  CHECK_FALSE(a.heard());
  CHECK_FALSE(b.heard());
}

TEST_CASE("relay: one that is made again lets everybody look again") {
  still_node node;
  const auto old = node.start_relay();
  node.start_partition();
  const auto r = node.accept();
  watcher t{node.watch, r.id};
  still_node::crash(old);
  node.settle();
  REQUIRE(node.lease(queue_name::request).size() == 1);
  CHECK_FALSE(t.heard());
  node.start_relay();
  CHECK(t.heard());
}

TEST_CASE("relay: news that came before anybody listened is not its news, and closing wakes everybody") {
  request_watch watch;
  const request_id id{ulid::make(wall_time{1s}, {})};
  watch.news(id);
  watcher t{watch, id};
  CHECK_FALSE(t.heard());
  watch.close();
  CHECK(watch.closed());
  CHECK(t.heard());
}

TEST_CASE("scrubber: a round a minute after the last one's end, never two at a time") {
  still_node node;
  node.start_partition();
  node.start_scrubber();
  node.pass(1min - 1ms);
  CHECK(node.threads.jobs.empty());
  node.pass(1ms);
  CHECK(node.threads.jobs.size() == 1);
  node.pass(1h);
  CHECK(node.threads.jobs.size() == 1);
  node.threads.finish_one();
  node.pass(1min - 1ms);
  CHECK(node.threads.jobs.empty());
  node.pass(1ms);
  CHECK(node.threads.jobs.size() == 1);
}

TEST_CASE("scrubber: orphans are swept when they are old enough, and files with a row are left alone") {
  still_node node;
  node.start_partition();
  node.start_scrubber();
  const auto owned = node.upload();
  put_file(node, owned.name);
  const auto orphan =
      make_upload_name(bucket::request_files, ulid::make(node.wall(), {}), image_format::jpeg);
  put_file(node, orphan);
  node.pass(1min);
  node.threads.finish_one();
  // The memory store's files have the time of the real clock; virtual time is long before it.
  CHECK(has_file(node, orphan));
  node.set_wall_forward(std::chrono::duration_cast<milliseconds>(system_clock{}.wall() - node.wall()) + 1h +
                        1min);
  node.pass(1min);
  node.threads.finish_one();
  CHECK_FALSE(has_file(node, orphan));
  CHECK(has_file(node, owned.name));
}

TEST_CASE("scrubber: a round that throws is its last error, and the next one comes") {
  still_node node;
  broken_store broken;
  node.env.objects = &broken;
  node.start_partition();
  node.start_scrubber();
  node.pass(1min);
  node.threads.finish_one();
  CHECK(still_node::last_error("scrubber") == "cannot be walked");
  node.pass(1min);
  CHECK(node.threads.jobs.size() == 1);
  caf::anon_send(*node.where.scrubber(), std::vector<object_name>{{bucket::request_files, "x"}});
  node.settle();
  node.threads.finish_one();
  node.threads.finish_one();
  CHECK(still_node::last_error("scrubber") == "cannot be removed");
}

TEST_CASE("scrubber: a file that has not come ten seconds after its row is asked for") {
  watched_files f;
  const auto missing = f.node.upload(), there = f.node.upload();
  put_file(f.node, there.name);
  f.node.pass(10s - 1ms);
  CHECK(f.node.threads.jobs.empty());
  f.node.pass(1ms);
  f.finish_all();
  CHECK(f.copies.to_mend == std::set{missing.name});
}

TEST_CASE("scrubber: not where the file is not to be, nor when its row has gone again") {
  watched_files f;
  const auto gone = f.node.upload();
  REQUIRE(f.node.answer_of<answer>(*f.node.where.partition({}), propose{delete_object{gone.name}}).ok);
  f.node.pass(10s);
  f.finish_all();
  f.copies.kept = false;
  f.node.upload();
  f.node.pass(10s);
  f.finish_all();
  f.rounds(2);
  CHECK(f.copies.to_mend.empty());
}

TEST_CASE("scrubber: a round asks for what is missing and for what is damaged, and says what was") {
  watched_files f;
  const auto missing = f.node.upload(), damaged = f.node.upload();
  put_file(f.node, damaged.name);  // empty, which its row is not
  f.node.pass(10s);
  f.finish_all();
  f.copies.to_mend.clear();
  f.rounds(1);
  CHECK(f.copies.to_mend == std::set{missing.name, damaged.name});
  CHECK(still_node::last_error("scrubber") == damaged.name.path() + " is corrupt");
}

TEST_CASE("scrubber: a replica that may be behind sweeps nothing, for the row may be on its way") {
  watched_files f;
  const auto orphan = f.file_without_row(bucket::request_files);
  f.be_later_than_files_by(1h + 1min);
  f.rounds(2);
  CHECK(has_file(f.node, orphan));
  f.node.upload();  // an entry that is later than any that could speak of the file
  f.rounds(1);
  CHECK_FALSE(has_file(f.node, orphan));
}

TEST_CASE(
    "scrubber: what is not kept here any more goes after an hour, what was made here when it is of no use") {
  watched_files f;
  const auto owned = f.node.upload();
  put_file(f.node, owned.name);
  const auto preprocessed = f.file_without_row(bucket::preprocessed_files);
  f.copies.kept = false;
  f.be_later_than_files_by(1min);
  f.rounds(60);
  CHECK(has_file(f.node, owned.name));
  f.rounds(2);
  CHECK_FALSE(has_file(f.node, owned.name));
  CHECK(has_file(f.node, preprocessed));
  f.rounds(58);  // two hours after it was made
  f.rounds(2);
  CHECK_FALSE(has_file(f.node, preprocessed));
}

TEST_CASE("scrubber: a partition that comes back within the hour has lost nothing") {
  watched_files f;
  const auto owned = f.node.upload();
  put_file(f.node, owned.name);
  f.be_later_than_files_by(2h);
  f.copies.kept = false;
  f.rounds(50);
  f.copies.kept = true;
  f.rounds(1);
  f.copies.kept = false;
  f.rounds(50);
  CHECK(has_file(f.node, owned.name));
}
