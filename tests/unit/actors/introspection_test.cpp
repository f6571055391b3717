#include "actors/introspection.hpp"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include "actors/base.hpp"
#include "core/clock.hpp"

using namespace dip;

namespace {

constexpr partition_id here{3};

struct turned_clock final : clock {
  wall_time at{milliseconds{1'000'000}};
  steady_time tick{std::chrono::seconds{100}};
  wall_time wall() const override { return at; }
  steady_time steady() const override { return tick; }
};

done_work a_work(const request_id& id, message_kind kind) {
  done_work w;
  w.request = id;
  w.kind = kind;
  w.worked_ms = 20;
  return w;
}

}  // namespace

TEST_CASE("a percentile is right to within a third of itself") {
  for (const std::uint64_t ns : {1'000ULL, 45'678ULL, 1'000'000ULL, 123'456'789ULL, 10'000'000'000ULL}) {
    duration_counts c;
    for (int i = 0; i < 99; ++i) ++c.of[duration_counts::bucket(ns)];
    ++c.of[duration_counts::bucket(ns * 100)];
    const auto ms = static_cast<double>(ns) / 1e6;
    CHECK(c.percentile_ms(0.5) > ms * 0.74);
    CHECK(c.percentile_ms(0.5) < ms * 1.34);
    CHECK(c.percentile_ms(0.98) < ms * 1.34);
    CHECK(c.percentile_ms(1.0) > ms * 74);
  }
  CHECK(duration_counts{}.percentile_ms(0.5) == 0);
  // The shortest and the longest have a place.
  CHECK(duration_counts::bucket(0) == 0);
  CHECK(duration_counts::bucket(~0ULL) == duration_counts::size - 1);
}

TEST_CASE("buckets follow each other without a gap") {
  std::size_t last = 0;
  for (std::uint64_t ns = 1; ns < 1'000'000; ns += 1 + ns / 64) {
    const auto b = duration_counts::bucket(ns);
    CHECK(b >= last);
    last = b;
  }
}

TEST_CASE("a rate is that of the last ten seconds") {
  growth g;
  CHECK(g.a_second() == 0);
  g.look(100);
  CHECK(g.a_second() == 0);
  g.look(104);
  CHECK(g.a_second() == 4);
  for (int i = 0; i < 10; ++i) g.look(104);
  CHECK(g.a_second() == 0);
  g.look(124);
  CHECK(g.a_second() == 2);
  g.look(0);  // made again
  CHECK(g.a_second() == 0);
}

TEST_CASE("durations are those of the last minute, or of all time where there was none") {
  recent_durations r;
  duration_counts c;
  c.of[10] = 5;
  for (int s = 0; s < 60; ++s) r.look(c);
  CHECK(r.of(c).total() == 5);
  c.of[20] = 3;
  CHECK(r.of(c).total() == 3);
  CHECK(r.of(c).of[20] == 3);
  for (int s = 0; s < 60; ++s) r.look(c);
  CHECK(r.of(c).total() == 8);
}

TEST_CASE("an actor's messages are counted with their waiting, their handling and their depth") {
  actor_counters a;
  a.came(1'000);
  a.came(2'000);
  a.came(5'000);
  CHECK(a.depth() == 3);
  CHECK(a.high_water == 3);
  CHECK(a.oldest_ns() == 1'000);
  a.begin(11'000, {&typeid(publish), 0});
  CHECK(a.current().text() == "publish");
  a.end(11'000, 14'000, false);
  CHECK(a.depth() == 2);
  CHECK(a.oldest_ns() == 2'000);
  a.begin(14'000, {nullptr, static_cast<std::uint64_t>(caf::atom("tick"))});
  CHECK(a.current().text() == "tick");
  a.end(14'000, 14'500, true);
  a.begin(15'000, {});
  a.not_now();  // skipped: it is still there
  CHECK(a.depth() == 1);
  a.end(15'000, 15'000, false);
  CHECK_FALSE(a.oldest_ns());
  const auto events = a.events();
  REQUIRE(events.size() == 3);
  CHECK(events[0].what.text() == "publish");
  CHECK(events[0].waited_ns == 10'000);
  CHECK(events[0].worked_ns == 3'000);
  CHECK_FALSE(events[0].failed);
  CHECK(events[1].failed);
  CHECK(events[1].waited_ns == 12'000);
  CHECK(a.wait.counts().total() == 3);
  CHECK(a.high_water == 3);
}

TEST_CASE(
    "of a long mailbox the oldest has waited at least as long as is told, and the last events are kept") {
  actor_counters a;
  for (int i = 1; i <= 100; ++i) a.came(i * 1'000);
  REQUIRE(a.oldest_ns());
  CHECK(*a.oldest_ns() >= 1'000);
  CHECK(*a.oldest_ns() == 37'000);
  for (int i = 0; i < 100; ++i) {
    a.begin(200'000 + i, {});
    a.end(200'000 + i, 200'001 + i, false);
  }
  CHECK(a.events().size() == actor_counters::events_kept);
  CHECK(a.events().back().at_ns == 200'099);
  CHECK(a.depth() == 0);
}

TEST_CASE("the dead are kept with their reason, the last thousand of them") {
  auto& all = census::here();
  const std::uint64_t first = 1'000'000'000;
  for (std::uint64_t i = 0; i < census::dead_kept + 5; ++i) {
    all.add(first + i, 7)->set_name("a test's");
    all.remove(first + i, "because");
  }
  const auto dead = all.dead();
  CHECK(dead.size() == census::dead_kept);
  CHECK(dead.front().id == first + census::dead_kept + 4);
  CHECK(dead.front().reason == "because");
  CHECK(dead.front().parent == 7);
  CHECK(all.find(first) == nullptr);
}

TEST_CASE("kinds add up, and what adds up does not shrink when an actor ends") {
  auto& all = census::here();
  const auto of = [&](const std::string& kind) {
    for (const auto& k : all.by_kind())
      if (k.kind == kind) return k;
    return census::kind_figures{};
  };
  const auto one = all.add(2'000'000'010, 0), two = all.add(2'000'000'011, 0);
  for (const auto& a : {one, two}) {
    a->set_kind("a test's kind");
    a->came(1'000);
    a->came(1'000);
    a->begin(2'000, {});
    a->end(2'000, 5'000, false);
  }
  two->came(6'000);
  CHECK(of("a test's kind").actors == 2);
  CHECK(of("a test's kind").waiting == 3);
  CHECK(of("a test's kind").deepest == 2);
  all.remove(one->id, "over");
  CHECK(of("a test's kind").actors == 1);
  CHECK(of("a test's kind").waiting == 2);
  CHECK(of("a test's kind").handled == 2);
  CHECK(of("a test's kind").busy_ns == 6'000);
  all.remove(two->id, "over");
  CHECK(of("a test's kind").actors == 0);
  CHECK(of("a test's kind").handled == 2);
}

TEST_CASE("stuck is who is at one message too long, and a worker only beyond its time") {
  turned_clock time;
  const introspection look{"n1", time};
  auto& all = census::here();
  const std::uint64_t id = 2'000'000'000;
  const auto a = all.add(id, 0);
  a->set_name("a test's own");
  const auto view = [&] {
    for (auto& v : look.actors())
      if (v.id == "n1.2000000000") return v;
    return actor_view{};
  };
  CHECK(view().state == actor_state::idle);
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  a->came(now);
  a->begin(now, {&typeid(publish), 0});
  CHECK(view().state == actor_state::busy);
  CHECK(view().current == "publish");
  a->begin(now - 6'000'000'000, {&typeid(publish), 0});
  CHECK(view().state == actor_state::stuck);
  CHECK(view().current_ms >= 6'000);
  a->not_now();
  a->job_may_take_ns = 60'000'000'000;
  a->job_since_ns = now - 6'000'000'000;
  CHECK(view().state == actor_state::busy);
  a->job_may_take_ns = 5'000'000'000;
  CHECK(view().state == actor_state::stuck);
  all.remove(id, "over");
}

TEST_CASE("who is down until it is made again is shown as such") {
  turned_clock time;
  const introspection look{"n1", time};
  auto& all = census::here();
  all.add(2'000'000'001, 0)->set_name("one that falls");
  all.remove(2'000'000'001, "it fell");
  all.note_restart("one that falls", "it fell", milliseconds{3'600'000});
  const auto found = [&]() -> std::optional<actor_view> {
    for (auto& v : look.actors())
      if (v.name == "one that falls") return v;
    return std::nullopt;
  };
  REQUIRE(found());
  CHECK(found()->state == actor_state::backoff);
  CHECK(found()->restarts == 1);
  CHECK(found()->restarted_at != wall_time{});
  CHECK(found()->reason == "it fell");
  all.add(2'000'000'002, 0)->set_name("one that falls");
  CHECK(found()->state == actor_state::idle);
  all.remove(2'000'000'002, "over");
}

TEST_CASE("works are remembered by their request, the last ten thousand") {
  turned_clock time;
  introspection look{"n1", time};
  const request_id one{ulid::make(time.at, here)}, other{ulid::make(time.at, here)};
  look.note_done(a_work(one, message_kind::preprocess));
  look.note_done(a_work(other, message_kind::preprocess));
  look.note_done(a_work(one, message_kind::process));
  const auto found = look.works_of(one);
  REQUIRE(found.size() == 2);
  CHECK(found[0].node == "n1");
  CHECK(found[1].kind == message_kind::process);
  for (std::size_t i = 0; i < introspection::works_kept; ++i)
    look.note_done(a_work(other, message_kind::process));
  CHECK(look.works_of(one).empty());
  const auto stages = look.stages();
  REQUIRE(stages.size() == stage_count);
  CHECK(stages[1].took.size() == duration_counts::size);
}

TEST_CASE("a request ends once in a run, whatever becomes of its mail") {
  turned_clock time;
  introspection look{"n1", time};
  const request_id one{ulid::make(time.at, here)};
  int heard = 0;
  look.on_news([&](const request_news&) { ++heard; });
  look.note_news({one, request_status::processing, 1, 3});
  look.note_news({one, request_status::failed, 1, 4});
  look.note_news({one, request_status::failed, 1, 4});
  CHECK(look.ended_lately() == std::array<std::uint64_t, 3>{0, 1, 0});
  look.note_news({one, request_status::processed, 2, 8});
  look.note_news({{ulid::make(time.at, here)}, request_status::cancelled, 1, 1});
  CHECK(look.ended_lately() == std::array<std::uint64_t, 3>{1, 1, 1});
  CHECK(heard == 5);
  time.tick += std::chrono::seconds{61};
  CHECK(look.ended_lately() == std::array<std::uint64_t, 3>{0, 0, 0});
}

TEST_CASE("queues have the rates of the partitions that are led here, and topics are counted") {
  turned_clock time;
  introspection look{"n1", time};
  queue_figures f;
  f.partition = here;
  for (int s = 0; s < 3; ++s) {
    f.in_total += 4;
    f.out_total += 2;
    look.note_published(topic_name::request);
    look.look({f});
  }
  const auto queues = look.queues({f});
  REQUIRE(queues.size() == 1);
  CHECK(queues[0].in_rate == 4);
  CHECK(queues[0].out_rate == 2);
  CHECK(look.topics()[0].published == 3);
  CHECK(look.topics()[0].rate == 1);
  look.look({});  // led elsewhere now
  CHECK(look.queues({f})[0].in_rate == 0);
}
