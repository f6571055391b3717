// Partition, supervisor, retention, relay and scrubber, in virtual time.
#include <catch2/catch_test_macros.hpp>

#include "actors/partition.hpp"
#include "actors/supervisor.hpp"
#include "tests/unit/actors/still_node.hpp"

using namespace dip;
using namespace dip::test;
using namespace std::chrono_literals;

namespace {

child_spec partition_child(still_node& node, partition_id p = {}) {
  return {"partition/" + std::to_string(p.value), [&node, p](caf::local_actor* parent) {
            return caf::actor_cast<caf::actor>(parent->spawn(partition, &node.env, p));
          }};
}

std::vector<caf::actor_addr> house_of(const still_node& node) {
  std::vector<caf::actor_addr> out{node.where.partition({})->address()};
  for (std::uint8_t i = 0; i < queue_count; ++i) {
    out.push_back(node.topic(static_cast<topic_name>(i)).address());
    out.push_back(node.queue(static_cast<queue_name>(i)).address());
  }
  return out;
}

size_t alive(const std::vector<caf::actor_addr>& all) {
  size_t n = 0;
  for (const auto& a : all) n += still_node::alive(a) ? 1 : 0;
  return n;
}

using call_atom = caf::atom_constant<caf::atom("call")>;

// Children that note when they begin and end, and do nothing else.
struct family {
  std::vector<std::string> log;
  std::map<std::string, caf::actor> now;

  child_spec child(const std::string& name) {
    return {name, [this, name](caf::local_actor* parent) {
              log.push_back("+" + name);
              auto h = parent->spawn([this, name](caf::event_based_actor* self) -> caf::behavior {
                self->attach_functor([this, name](const caf::error&) { log.push_back("-" + name); });
                return {[](call_atom) {}};
              });
              now[name] = h;
              return h;
            }};
  }
  std::vector<std::string> take() { return std::exchange(log, {}); }
};

using words = std::vector<std::string>;

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

void put_file(still_node& node, const object_name& name) {
  auto writer = node.objects->create(name.in, checksum::sha256);
  REQUIRE(writer);
  REQUIRE((*writer)->commit(name));
}

bool has_file(still_node& node, const object_name& name) { return node.objects->open(name).has_value(); }

object_row upload_until(still_node& node, wall_time expires_at) {
  object_row row;
  row.name = make_upload_name(bucket::request_files, ulid::make(node.wall(), {}), image_format::jpeg);
  row.expires_at = expires_at;
  REQUIRE(node.answer_of<answer>(*node.where.partition({}), propose{put_object{row}}).ok);
  put_file(node, row.name);
  return row;
}

bool has_row(const still_node& node, const object_row& row) {
  return node.env.store->view({})->object(row.name).has_value();
}

}  // namespace

TEST_CASE("partition: a proposal is answered when it is durable and applied") {
  still_node node;
  node.start_partition();
  object_row row;
  row.name = make_upload_name(bucket::request_files, ulid::make(node.wall(), {}), image_format::jpeg);
  const auto said = node.ask<answer>(*node.where.partition({}), propose{put_object{row}});
  node.run_actors();
  CHECK(said->open());
  CHECK_FALSE(has_row(node, row));
  node.settle();
  REQUIRE(said->value);
  CHECK(said->value->ok);
  CHECK(has_row(node, row));
}

TEST_CASE("partition: what the log will not take is refused at once") {
  still_node node;
  node.start_partition();
  node.faults.refuse = true;
  const auto said = node.ask<answer>(*node.where.partition({}), propose{barrier{}});
  node.run_actors();
  REQUIRE(said->value);
  CHECK_FALSE(said->value->ok);
  CHECK(said->value->code == errc::disk_full);
}

TEST_CASE("partition: however it goes down, its topics and queues end with it, and who waits is told") {
  still_node node;
  const auto supervisor = node.start_supervisor({partition_child(node)});
  auto before = house_of(node);
  REQUIRE(alive(before) == 7);
  const auto r = node.accept();
  SECTION("by an exception") {
    const auto said = node.ask<answer>(*node.where.partition({}), propose{barrier{}});
    node.faults.crash = true;
    node.settle();
    CHECK(said->failure);
  }
  SECTION("killed") {
    const auto said = node.ask<answer>(*node.where.partition({}), propose{barrier{}});
    node.run_actors();
    still_node::crash(*node.where.partition({}));
    node.run_actors();
    CHECK(said->failure);
  }
  SECTION("asked to") {
    caf::anon_send_exit(*node.where.partition({}), caf::exit_reason::user_shutdown);
    node.settle();
  }
  CHECK(alive(before) == 0);
  CHECK_FALSE(node.where.partition({}));
  CHECK_FALSE(node.where.queue({}, queue_name::request));
  CHECK_FALSE(node.where.topic({}, topic_name::request));
  // Made again from the log and the tables.
  node.pass(100ms);
  CHECK(alive(house_of(node)) == 7);
  CHECK(node.lease(queue_name::request).at(0).request.id == r.id);
}

TEST_CASE("partition: it is tried again when its replica cannot be opened") {
  still_node node;
  node.faults.failed_opens = 2;
  node.start_supervisor({partition_child(node)});
  CHECK_FALSE(node.where.partition({}));
  node.pass(100ms + 200ms - 1ms);
  CHECK_FALSE(node.where.partition({}));
  node.pass(1ms);
  CHECK(node.where.partition({}));
}

TEST_CASE("partition: a child that goes down is made again after a growing delay, beside the others") {
  still_node node;
  node.start_supervisor({partition_child(node)});
  const auto r = node.accept();
  const auto others = house_of(node);
  const auto before = still_node::restarts("rtp-request-queue/0");
  for (const auto delay : {100ms, 200ms, 400ms}) {
    still_node::crash(node.queue(queue_name::request));
    node.settle();
    node.pass(delay - 1ms);
    CHECK_FALSE(node.where.queue({}, queue_name::request));
    node.pass(1ms);
    REQUIRE(node.where.queue({}, queue_name::request));
  }
  CHECK(alive(others) == 6);
  CHECK(still_node::restarts("rtp-request-queue/0") == before + 3);
  CHECK(node.lease(queue_name::request).at(0).request.id == r.id);
}

TEST_CASE("partition: five restarts of a child within 30 s are put up with, the sixth takes all down") {
  still_node node;
  node.start_supervisor({partition_child(node)});
  const auto before = house_of(node)[0];
  const auto fall = [&] {
    still_node::crash(node.queue(queue_name::notifier));
    node.pass(5s);
  };
  SECTION("within 30 s") {
    for (int i = 0; i < 5; ++i) fall();
    CHECK(still_node::alive(before));
    still_node::crash(node.queue(queue_name::notifier));
    node.settle();
    CHECK_FALSE(still_node::alive(before));
    node.pass(100ms);
    CHECK(alive(house_of(node)) == 7);
  }
  SECTION("over more than 30 s") {
    fall();
    node.pass(6s);
    for (int i = 0; i < 5; ++i) fall();
    CHECK(still_node::alive(before));
  }
}

TEST_CASE("retention: every 30 s what has expired goes, with its file, and nothing else") {
  still_node node;
  node.start_scrubber();
  node.start_partition();
  const auto start = node.wall();
  const auto first = upload_until(node, start + 30s);
  const auto later = upload_until(node, start + 30s + 1ms);
  const auto for_ever = upload_until(node, {});
  node.pass(30s - 1ms);
  CHECK(has_row(node, first));
  node.pass(1ms);
  CHECK_FALSE(has_row(node, first));
  CHECK(has_row(node, later));
  CHECK(has_file(node, first.name));
  while (!node.threads.jobs.empty()) node.threads.finish_one();
  CHECK_FALSE(has_file(node, first.name));
  CHECK(has_file(node, later.name));
  node.pass(30s - 1ms);
  CHECK(has_row(node, later));
  node.pass(1ms);
  CHECK_FALSE(has_row(node, later));
  CHECK(has_row(node, for_ever));
}

TEST_CASE("retention: records, preprocessed files, dead letters and idempotency keys have their own times") {
  auto conf = default_config();
  conf.retention.dead_letters = 6h;
  still_node node{1, conf};
  node.start_partition();
  const auto done = node.accept();
  node.finish(done);
  const auto at = node.wall();
  const auto preprocessed_file = *node.record(done).preprocessed;
  const auto doomed = node.accept();
  const auto w = node.lease(queue_name::request).at(0);
  fail_request last{dip::test::claim_of(w), {errc::timeout, "", ""}, true, at + 1h, at + 1h};
  REQUIRE(node.publish_to(topic_name::notifier, last).ok);
  idempotency_row key{"key", "hash", done.id, {}, at + 1min};
  REQUIRE(node.answer_of<answer>(*node.where.partition({}), propose{reserve_idempotency{key}}).ok);
  const auto view = [&] { return node.env.store->view({}); };

  node.pass(1min - 1ms);
  CHECK(view()->idempotency("key"));
  node.pass(31s);
  CHECK_FALSE(view()->idempotency("key"));
  node.pass(1h - 92s);
  CHECK(view()->object(preprocessed_file.name));
  node.pass(32s);
  CHECK_FALSE(view()->object(preprocessed_file.name));

  // A dead letter pins its request and its input, longer than the record is kept.
  const auto dead_for = node.conf.retention.dead_letters;
  node.pass(dead_for - 2h);
  REQUIRE(node.messages(queue_name::request, true).size() == 1);
  CHECK(view()->request(doomed.id));
  CHECK(view()->object(doomed.file)->pins == 1);
  node.pass(2h);
  CHECK(node.messages(queue_name::request, true).empty());
  node.pass(30s);
  CHECK_FALSE(view()->request(doomed.id));
  CHECK(view()->object(doomed.file)->pins == 0);

  node.pass(at + 12h - node.wall() - 30s);
  CHECK(view()->request(done.id));
  node.pass(1min);
  CHECK_FALSE(view()->request(done.id));
}

TEST_CASE("supervisor: it makes its children in order, and again only the one that went down") {
  family f;
  still_node node;
  node.start_supervisor({f.child("a"), f.child("b"), f.child("c")});
  CHECK(f.take() == words{"+a", "+b", "+c"});
  still_node::crash(f.now["b"]);
  node.settle();
  CHECK(f.take() == words{"-b"});
  node.pass(99ms);
  CHECK(f.take().empty());
  node.pass(1ms);
  CHECK(f.take() == words{"+b"});
  f.now.clear();
}

TEST_CASE("supervisor: its children end in reverse order, whatever ends it") {
  family f;
  still_node node;
  auto s = node.start_supervisor({f.child("a"), f.child("b"), f.child("c")});
  (void)f.take();
  SECTION("asked to") { caf::anon_send_exit(s, caf::exit_reason::user_shutdown); }
  SECTION("killed") { caf::anon_send_exit(s, caf::exit_reason::kill); }
  node.settle();
  CHECK(f.take() == words{"-c", "-b", "-a"});
  node.pass(1h);
  CHECK(f.take().empty());
  f.now.clear();
}

TEST_CASE("supervisor: a child that ends normally is made again too") {
  family f;
  still_node node;
  node.start_supervisor({f.child("a")});
  caf::anon_send_exit(f.now["a"], caf::exit_reason::user_shutdown);
  node.pass(100ms);
  CHECK(f.take() == words{"+a", "-a", "+a"});
  f.now.clear();
}

TEST_CASE("supervisor: the intensity is five restarts in 30 s, for each child") {
  family f;
  still_node node;
  const auto s = node.start_supervisor({f.child("a"), f.child("b")});
  const auto fall = [&](const char* name, milliseconds then) {
    still_node::crash(f.now[name]);
    node.pass(then);
  };
  SECTION("five of each are put up with, the sixth within 30 s is not") {
    for (int i = 0; i < 5; ++i) {
      fall("a", 3s);
      fall("b", 3s);
    }
    CHECK(still_node::alive(s.address()));
    (void)f.take();
    fall("a", 0ms);
    CHECK_FALSE(still_node::alive(s.address()));
    CHECK(f.take() == words{"-a", "-b"});
  }
  SECTION("the window is 30 s long, its end included") {
    fall("a", 10s);
    for (int i = 0; i < 4; ++i) fall("a", 5s);
    CHECK(still_node::alive(s.address()));
    fall("a", 0ms);  // 30 s after the first
    CHECK_FALSE(still_node::alive(s.address()));
  }
  SECTION("a restart longer ago does not count") {
    fall("a", 10s + 1ms);
    for (int i = 0; i < 4; ++i) fall("a", 5s);
    fall("a", 0ms);
    CHECK(still_node::alive(s.address()));
  }
  f.now.clear();
}

TEST_CASE("supervisor: one above another makes the whole house again, and nobody of the old one is left") {
  family f;
  still_node node;
  const auto inner = [&](caf::local_actor* parent) {
    return caf::actor_cast<caf::actor>(parent->spawn(supervisor, std::string{"house"},
                                                     std::vector{f.child("a"), f.child("b")}, &node.env,
                                                     restart_config{1}));
  };
  const auto outer = node.start_supervisor({{"house", inner}});
  still_node::crash(f.now["a"]);
  node.pass(100ms);
  CHECK(f.take() == words{"+a", "+b", "-a", "+a"});
  still_node::crash(f.now["a"]);
  node.settle();
  CHECK(f.take() == words{"-a", "-b"});
  node.pass(100ms);
  CHECK(f.take() == words{"+a", "+b"});
  CHECK(still_node::alive(outer.address()));
  f.now.clear();
}

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
