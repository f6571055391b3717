// Relay and scrubber, in virtual time.
#include <catch2/catch_test_macros.hpp>

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
  result<void> verify(const object_row&) override { throw std::runtime_error("broken"); }
  result<void> each(bucket, const std::function<bool(const object_name&, wall_time)>&) override {
    throw std::runtime_error("cannot be walked");
  }
  result<std::uint64_t> free_bytes() const override { return 0; }
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
