#include <catch2/catch_test_macros.hpp>

#include "actors/restart_policy.hpp"
#include "actors/retry_policy.hpp"

using namespace dip;
using namespace std::chrono_literals;

TEST_CASE("backoff doubles from a second to five minutes, with full jitter, until max_receives") {
  config c = default_config();
  c.workers.max_receives = 12;
  const auto p = retry_policy::of(queue_name::request, c);
  queue_message m;
  const auto longest = [&](std::uint32_t failed) {
    m.failed = failed;
    milliseconds most{0};
    for (std::uint64_t bound = 1'000; bound <= 300'000; bound += 1'000)
      most = std::max(most, *p.after_failure(m, {}, bound));
    return most;
  };
  CHECK(p.after_failure(m, {}, 0) == 0ms);
  CHECK(longest(0) == 1s);
  CHECK(p.after_failure(m, {}, 1'000) == 1s);
  m.failed = 8;
  CHECK(p.after_failure(m, {}, 256'000) == 256s);
  m.failed = 9;
  CHECK(p.after_failure(m, {}, 300'000) == 300s);
  m.failed = 10;
  CHECK(p.after_failure(m, {}, 0));
  m.failed = 11;
  CHECK_FALSE(p.after_failure(m, {}, 0));
}

TEST_CASE("mail is tried twice after ten seconds, then less and less often, for a day") {
  const config c = default_config();
  const auto p = retry_policy::of(queue_name::notifier, c);
  queue_message m;
  const wall_time begun{1'000s};
  m.enqueued_at = begun;
  CHECK(p.after_failure(m, begun, 5) == 10s);
  m.failed = 1;
  CHECK(p.after_failure(m, begun, 5) == 10s);
  m.failed = 2;
  CHECK(p.after_failure(m, begun, 5) == 20s);
  m.failed = 40;
  CHECK(p.after_failure(m, begun, 5) == 600s);
  CHECK(p.after_failure(m, begun + 24h - 600s, 5) == 600s);
  CHECK_FALSE(p.after_failure(m, begun + 24h - 599s, 5));
}

TEST_CASE("a lost lease is no failure, but a message that is lost each time dies") {
  const config c = default_config();
  const auto p = retry_policy::of(queue_name::preprocess_ok, c);
  queue_message m;
  m.acquired = c.workers.max_receives * 4 - 1;
  CHECK(p.after_loss(m, {}) == 0ms);
  ++m.acquired;
  CHECK_FALSE(p.after_loss(m, {}));
}

TEST_CASE("a notification whose lease is lost each time dies after a day") {
  const auto p = retry_policy::of(queue_name::notifier, default_config());
  queue_message m;
  m.enqueued_at = wall_time{1'000s};
  m.acquired = 10'000;
  CHECK(p.after_loss(m, m.enqueued_at + 24h) == 0ms);
  CHECK_FALSE(p.after_loss(m, m.enqueued_at + 24h + 1ms));
}

TEST_CASE("a wish for a longer wait is granted, within the ladder's time") {
  const auto ladder = retry_policy::of(queue_name::notifier, default_config());
  queue_message m;
  m.enqueued_at = wall_time{1'000s};
  const auto begun = m.enqueued_at;
  CHECK(ladder.after_failure(m, begun, 5, 90s) == 90s);
  CHECK(ladder.after_failure(m, begun, 5, 5s) == 10s);
  CHECK(ladder.after_failure(m, begun + 23h, 5, 2h) == 1h);
  CHECK(ladder.after_failure(m, begun + 24h - 10s, 5, 2h) == 10s);
  CHECK_FALSE(ladder.after_failure(m, begun + 24h - 9s, 5, 2h));
  CHECK(ladder.after_loss(m, begun, 45s) == 45s);
  CHECK(ladder.after_loss(m, begun + 24h, 45s) == 0ms);
  CHECK_FALSE(ladder.after_loss(m, begun + 24h + 1ms, 45s));
  const auto backoff = retry_policy::of(queue_name::request, default_config());
  CHECK(backoff.after_loss(m, begun, 45s) == 45s);
}

TEST_CASE("a child is made again after a growing delay, and given up beyond the restart intensity") {
  restart_policy p{{3, 30'000ms, 100ms, 300ms}};
  steady_time now{50s};
  CHECK(p.down(now) == 100ms);
  CHECK(p.down(now) == 200ms);
  CHECK(p.down(now) == 300ms);
  CHECK_FALSE(p.down(now));
  now += 31s;
  CHECK(p.down(now) == 100ms);
}
