#include "runtime/trace_hops.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace dip;
using namespace std::chrono_literals;

namespace {

constexpr wall_time begun{1'000'000ms};

request_record processed_by(const std::string& worker) {
  request_record r;
  r.status = request_status::processed;
  r.timeline = {{begun, request_status::accepted, "", "", 0},
                {begun + 5ms, request_status::preprocessing, "n1", worker, 0},
                {begun + 40ms, request_status::preprocessed, "n1", worker, 30},
                {begun + 45ms, request_status::processing, "n2", worker, 0},
                {begun + 100ms, request_status::processed, "n2", worker, 50}};
  return r;
}

done_work work(message_kind kind, std::chrono::milliseconds at, std::uint64_t worked) {
  done_work w;
  w.kind = kind;
  w.node = "n1";
  w.worker = "w/1";
  w.at = begun + at;
  w.waited_ms = 4;
  w.worked_ms = worked;
  return w;
}

std::vector<std::string> words(const std::vector<http::trace_hop>& hops) {
  std::vector<std::string> out;
  for (const auto& h : hops) out.push_back(h.what + (h.outcome.empty() ? "" : " " + h.outcome));
  return out;
}

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("trace: without any node's memory the timeline tells the steps, and when they began") {
  const auto hops = hops_of(processed_by("w/1"), {}, {});
  CHECK(words(hops) == strings{"accepted done", "preprocess done", "process done"});
  CHECK(hops[1].at == begun + 10ms);
  CHECK(hops[1].worked_ms == 30);
  CHECK_FALSE(hops[1].waited_ms);
  CHECK(hops[1].actor == "w/1");
  CHECK(hops[2].queue == queue_name::preprocess_ok);
}

TEST_CASE("trace: a step that a node remembers stands there once, with what it waited") {
  const auto hops = hops_of(processed_by("w/1"), {}, {work(message_kind::preprocess, 10ms, 30)});
  CHECK(words(hops) == strings{"accepted done", "preprocess done", "process done"});
  CHECK(hops[1].waited_ms == 4);

  // Another worker's, or one that ended at quite another time, is another try.
  CHECK(hops_of(processed_by("w/2"), {}, {work(message_kind::preprocess, 10ms, 30)}).size() == 4);
  CHECK(hops_of(processed_by("w/1"), {}, {work(message_kind::preprocess, -60s, 30)}).size() == 4);
  CHECK(hops_of(processed_by("w/1"), {}, {work(message_kind::preprocess, -59s, 30)}).size() == 3);
}

TEST_CASE("trace: what failed says why, and notifications stand behind") {
  auto r = processed_by("w/1");
  r.timeline.pop_back();
  r.timeline.push_back({begun + 10min, request_status::failed, "n2", "w/1", 50});
  r.failure = request_failure{errc::timeout, "too slow", "process"};
  auto tried = work(message_kind::process, 20ms, 10);
  tried.came = done_work::outcome::failed;
  tried.code = errc::worker_crashed;
  tried.detail = "killed";
  const auto hops = hops_of(r, {}, {tried, work(message_kind::email, 11min, 7)});
  CHECK(words(hops) ==
        strings{"accepted done", "preprocess done", "process failed", "process failed", "notify email done"});
  REQUIRE(hops.size() == 5);
  CHECK(hops[2].fault->code == errc::worker_crashed);
  CHECK(hops[3].fault->detail == "too slow");
  CHECK(hops[4].queue == queue_name::notifier);
}

TEST_CASE(
    "trace: a lease that ran out is told by its message, a try that its node remembers is not told twice") {
  request_record r;
  r.timeline = {{begun, request_status::accepted, "", "", 0}};
  queue_message m;
  m.kind = message_kind::preprocess;
  m.ref.queue = queue_name::request;
  m.enqueued_at = begun + 1ms;
  m.history = {{begun + 60ms, "n3", errc::timeout, "the lease ran out", false},
               {begun + 200ms, "n1", errc::worker_crashed, "killed", true}};
  auto tried = work(message_kind::preprocess, 150ms, 50);
  tried.came = done_work::outcome::returned;
  tried.code = errc::worker_crashed;
  const auto hops = hops_of(r, {m}, {tried});
  CHECK(words(hops) == strings{"accepted done", "waiting", "returned returned", "preprocess returned"});
  CHECK(hops[2].node == "n3");

  m.dead = true;
  CHECK(words(hops_of(r, {m}, {tried})) ==
        strings{"accepted done", "returned returned", "preprocess returned"});
}
