// The partition and its retention, in virtual time.
#include "actors/partition.hpp"

#include <catch2/catch_test_macros.hpp>

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
