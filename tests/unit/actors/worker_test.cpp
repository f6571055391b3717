// The workers in virtual time, with the real dispatcher and partitions behind them.
#include <stdexcept>

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/actors/still_node.hpp"

using namespace dip;
using namespace dip::test;
using namespace std::chrono_literals;

namespace {

topic_actor::behavior_type deaf_topic(topic_actor::pointer self) {
  return {
      [=](publish&) { return self->make_response_promise<answer>(); },
      [](const committed&) {},
  };
}

stage_outcome success(const leased_work& w) {
  auto c = preprocessed(w);
  auto name = c.preprocessed.name;
  return stage_news{topic_name::preprocess_ok, std::move(c), {std::move(name)}};
}

// Makes the object, as a stage does.
stage_outcome success_with_file(still_node& node, const leased_work& w) {
  auto outcome = success(w);
  auto writer = node.objects->create(bucket::preprocessed_files, checksum::xxh3);
  REQUIRE(writer);
  REQUIRE((*writer)->write("bytes"));
  REQUIRE((*writer)->commit(std::get<stage_news>(outcome).made[0], false));
  return outcome;
}

size_t files(still_node& node) {
  size_t n = 0;
  REQUIRE(node.objects->each(bucket::preprocessed_files, [&](const object_name&, wall_time) {
    ++n;
    return true;
  }));
  return n;
}

}  // namespace

TEST_CASE("worker: the lease is renewed as long as the stage runs, and the outcome is published") {
  still_node node;
  node.start_partition();
  node.start_dispatcher(1);
  scripted_stage stage;
  stage.script = success;
  node.start_worker(queue_name::request, stage, "preprocessor/1");
  const auto r = node.accept();
  REQUIRE(node.threads.jobs.size() == 1);
  const auto token = node.messages(queue_name::request)[0].leased->token;
  node.pass(20 * node.conf.workers.visibility);
  REQUIRE(node.messages(queue_name::request)[0].leased);
  CHECK(node.messages(queue_name::request)[0].leased->token == token);
  node.threads.finish_one();
  node.settle();
  CHECK(node.record(r).status == request_status::preprocessed);
  CHECK(stage.workers == std::vector<std::string>{"preprocessor/1"});
  node.accept();
  CHECK(node.threads.jobs.size() == 1);  // free for the next one
}

TEST_CASE("worker: a stage that hangs loses its lease, and what it makes late is nobody's") {
  still_node node;
  node.start_partition();
  node.start_dispatcher(2);
  scripted_stage stage;
  stage.most = 2 * node.conf.workers.visibility;
  stage.script = [&](const leased_work& w) { return success_with_file(node, w); };
  node.start_worker(queue_name::request, stage, "preprocessor/1");
  node.start_worker(queue_name::request, stage, "preprocessor/2");
  const auto r = node.accept();
  REQUIRE(node.threads.jobs.size() == 1);
  node.pass(stage.most);
  CHECK(node.threads.jobs.size() == 1);  // not yet
  node.pass(node.conf.workers.visibility);
  REQUIRE(node.threads.jobs.size() == 2);
  CHECK(still_node::last_error("preprocessor/1").find("hangs") != std::string::npos);
  node.threads.finish_one();
  node.settle();
  CHECK(files(node) == 0);
  CHECK(node.record(r).status == request_status::preprocessing);
  node.threads.finish_one();
  node.settle();
  CHECK(node.record(r).status == request_status::preprocessed);
  CHECK(files(node) == 1);
  CHECK(node.messages(queue_name::request).empty());
}

TEST_CASE("worker: what may pass is given back, with its reason, and the worker is free") {
  still_node node;
  node.start_partition();
  node.start_dispatcher(1);
  scripted_stage stage;
  stage.script = [](const leased_work&) { return stage_retry{errc::disk_full, "no room"}; };
  node.start_worker(queue_name::request, stage, "preprocessor/1");
  node.accept();
  node.threads.finish_one();
  node.settle();
  const auto row = node.messages(queue_name::request)[0];
  CHECK(row.failed == 1);
  REQUIRE(row.history.size() == 1);
  CHECK(row.history[0].code == errc::disk_full);
  CHECK(row.history[0].detail == "no room");
  CHECK(row.history[0].counted);
  node.pass(node.conf.workers.backoff_min);
  CHECK(node.threads.jobs.size() == 1);
}

TEST_CASE("worker: a process that died under it counts as its restart, with the reason") {
  still_node node;
  node.start_partition();
  node.start_dispatcher(1);
  const auto count = [] {
    for (const auto& r : census::here().all_restarts())
      if (r.name == "preprocessor/7") return r.count;
    return std::uint64_t{0};
  };
  const auto before = count();
  scripted_stage stage;
  auto code = errc::worker_crashed;
  stage.script = [&](const leased_work&) { return stage_retry{code, "its process died"}; };
  node.start_worker(queue_name::request, stage, "preprocessor/7");
  node.accept();
  node.threads.finish_one();
  node.settle();
  CHECK(count() == before + 1);
  CHECK(still_node::last_error("preprocessor/7") == "its process died");
  // What came of the image alone is not.
  code = errc::disk_full;
  node.pass(node.conf.workers.backoff_min);
  node.threads.finish_one();
  node.settle();
  CHECK(count() == before + 1);
}

TEST_CASE("worker: a stage that throws is a failed try") {
  still_node node;
  node.start_partition();
  node.start_dispatcher(1);
  scripted_stage stage;
  stage.script = [](const leased_work&) -> stage_outcome { throw std::runtime_error("a bug"); };
  const auto w = node.start_worker(queue_name::request, stage, "preprocessor/1");
  node.accept();
  node.threads.finish_one();
  node.settle();
  const auto row = node.messages(queue_name::request)[0];
  REQUIRE(row.history.size() == 1);
  CHECK(row.history[0].code == errc::internal);
  CHECK(row.history[0].detail == "a bug");
  CHECK(still_node::alive(w.address()));
}

TEST_CASE("worker: what was made under a lost lease is removed") {
  still_node node;
  node.start_partition();
  node.start_dispatcher(1);
  scripted_stage stage;
  stage.script = [&](const leased_work& w) { return success_with_file(node, w); };
  node.start_worker(queue_name::request, stage, "preprocessor/1");
  const auto lost = node.accept();
  REQUIRE(node.answer_of<answer>(*node.where.partition({}), propose{cancel_request{lost.id, {}}}).ok);
  node.threads.finish_one();
  CHECK(files(node) == 1);
  node.settle();
  CHECK(files(node) == 0);
  CHECK(node.record(lost).status == request_status::cancelled);
  const auto kept = node.accept();
  node.threads.finish_one();
  node.settle();
  CHECK(files(node) == 1);
  CHECK(node.record(kept).status == request_status::preprocessed);
}

TEST_CASE(
    "worker: when the partition goes down before it answers, nothing is removed and the worker is free") {
  still_node node;
  auto p = node.start_partition();
  node.start_dispatcher(1);
  scripted_stage stage;
  stage.script = [&](const leased_work& w) { return success_with_file(node, w); };
  node.start_worker(queue_name::request, stage, "preprocessor/1");
  const auto r = node.accept();
  node.threads.finish_one();
  node.run_actors();  // proposed, not durable
  still_node::crash(p);
  node.run_actors();
  CHECK(files(node) == 1);
  node.start_partition();
  // It was in the log: applied when the log was opened again.
  CHECK(node.record(r).status == request_status::preprocessed);
  CHECK(files(node) == 1);
  node.accept();
  CHECK(node.threads.jobs.size() == 1);
}

TEST_CASE("worker: a topic that never answers keeps nobody for longer than a lease") {
  still_node node;
  node.start_partition();
  node.start_dispatcher(1);
  scripted_stage stage;
  stage.script = success;
  node.start_worker(queue_name::request, stage, "preprocessor/1");
  node.accept();
  node.where.put(partition_id{}, topic_name::preprocess_ok, node.keep(node.system.spawn(deaf_topic)));
  node.threads.finish_one();
  node.settle();
  node.accept();
  node.pass(node.conf.workers.visibility - 1ms);
  CHECK(node.threads.jobs.empty());
  node.pass(1ms);
  CHECK(node.threads.jobs.size() == 1);
}

TEST_CASE("worker: work that comes while it has some goes back unused, and what it has goes on") {
  still_node node;
  node.start_partition();
  scripted_stage stage;
  stage.script = success;
  const auto w = node.start_worker(queue_name::request, stage, "preprocessor/1");
  const auto first = node.accept();
  const auto second = node.accept();
  const auto work = node.lease(queue_name::request, 2);
  REQUIRE(work.size() == 2);
  caf::anon_send(w, work[0]);
  caf::anon_send(w, work[1]);
  node.settle();
  CHECK(node.threads.jobs.size() == 1);
  const auto rows = node.messages(queue_name::request);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].leased);
  CHECK_FALSE(rows[1].leased);
  CHECK(rows[1].failed == 0);
  node.threads.finish_one();
  node.settle();
  CHECK(node.record(first).status == request_status::preprocessed);
  CHECK(node.record(second).status == request_status::preprocessing);
  CHECK(node.messages(queue_name::request).size() == 1);
}

TEST_CASE("worker: a dispatcher that is made again finds all workers, and knows who is at work") {
  still_node node;
  node.start_partition();
  const auto old = node.start_dispatcher(1);
  scripted_stage stage;
  stage.script = success;
  const auto one = node.start_worker(queue_name::request, stage, "preprocessor/1");
  const auto two = node.start_worker(queue_name::request, stage, "preprocessor/2");
  const auto first = node.accept();
  REQUIRE(node.threads.jobs.size() == 1);
  still_node::crash(old);
  node.settle();
  CHECK_FALSE(node.where.dispatcher());
  CHECK(still_node::alive(one.address()));
  CHECK(still_node::alive(two.address()));
  node.pass(2s);
  // Enlisted before the hints are looked at: the slot is taken.
  node.start_dispatcher(1);
  node.pass(50ms);
  node.accept();
  CHECK(node.threads.jobs.size() == 1);
  CHECK(node.messages(queue_name::request).at(1).acquired == 0);  // not even tried
  node.threads.finish_one();
  node.settle();
  CHECK(node.record(first).status == request_status::preprocessed);
  CHECK(node.threads.jobs.size() == 1);
  node.threads.finish_one();
  node.settle();
  CHECK(node.messages(queue_name::preprocess_ok).size() == 2);
}

TEST_CASE("worker: one that becomes free while there is no dispatcher is found by the next") {
  still_node node;
  node.start_partition();
  const auto old = node.start_dispatcher(1);
  scripted_stage stage;
  stage.script = success;
  node.start_worker(queue_name::request, stage, "preprocessor/1");
  node.accept();
  still_node::crash(old);
  node.settle();
  node.threads.finish_one();
  node.settle();
  CHECK(node.messages(queue_name::preprocess_ok).size() == 1);
  node.accept();
  node.start_dispatcher(1);
  node.pass(50ms);
  CHECK(node.threads.jobs.size() == 1);
}
