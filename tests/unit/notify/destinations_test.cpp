#include "notify/destinations.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace dip;
using namespace std::chrono_literals;

namespace {

struct rig {
  destinations all;
  steady_time now{100s};
  destination hook{"https://a:443", 2, "https://a/hook"};

  milliseconds enter(const destination& to) { return all.enter(to, now); }
  void leave(const destination& to, bool failed, milliseconds left_alone = {}) {
    all.leave(to, failed, left_alone, now);
  }
  void fail_once() {
    REQUIRE(enter(hook) == 0ms);
    leave(hook, true);
  }
};

}  // namespace

TEST_CASE("a server has so many messages at once, and others have theirs") {
  rig r;
  const destination other{"https://b:443", 2, "https://b/hook"};
  CHECK(r.enter(r.hook) == 0ms);
  CHECK(r.enter(r.hook) == 0ms);
  CHECK(r.all.wait_for(r.hook, r.now) > 0ms);
  CHECK(r.enter(r.hook) > 0ms);
  CHECK(r.enter({"https://a:443", 2, "https://a/another"}) > 0ms);
  CHECK(r.enter(other) == 0ms);
  r.leave(r.hook, false);
  CHECK(r.all.wait_for(r.hook, r.now) == 0ms);
  CHECK(r.enter(r.hook) == 0ms);
}

TEST_CASE("those who wait for a busy server come back one after the other") {
  rig r;
  REQUIRE(r.enter(r.hook) == 0ms);
  REQUIRE(r.enter(r.hook) == 0ms);
  milliseconds last{0};
  for (int i = 0; i < 5'000; ++i) {
    const auto wait = r.enter(r.hook);
    CHECK(wait >= last);
    last = wait;
  }
  CHECK(last == destinations::longest_busy_pause);
}

TEST_CASE("an endpoint that fails again and again is left alone for a growing while") {
  rig r;
  for (std::uint32_t i = 0; i < destinations::failures_to_open; ++i) r.fail_once();
  std::vector<milliseconds> pauses;
  for (int i = 0; i < 7; ++i) {
    const auto pause = r.enter(r.hook);
    pauses.push_back(pause);
    CHECK(r.all.open_breakers(r.now) == 1);
    r.now += pause - 1ms;
    CHECK(r.enter(r.hook) == 1ms);
    r.now += 1ms;
    r.fail_once();
  }
  CHECK(pauses == std::vector<milliseconds>{30s, 60s, 120s, 240s, 480s, 600s, 600s});
}

TEST_CASE("messages that were on their way when an endpoint was left alone make its pause no longer") {
  rig r;
  r.hook.at_once = 20;
  for (int i = 0; i < 20; ++i) REQUIRE(r.enter(r.hook) == 0ms);
  for (int i = 0; i < 20; ++i) r.leave(r.hook, true);
  CHECK(r.enter(r.hook) == destinations::first_pause);
}

TEST_CASE("when the pause is over one message tries, and with its success all may go") {
  rig r;
  for (std::uint32_t i = 0; i < destinations::failures_to_open; ++i) r.fail_once();
  r.now += destinations::first_pause;
  REQUIRE(r.enter(r.hook) == 0ms);
  CHECK(r.enter(r.hook) > 0ms);
  CHECK(r.all.wait_for(r.hook, r.now) > 0ms);
  r.leave(r.hook, false);
  CHECK(r.enter(r.hook) == 0ms);
  CHECK(r.enter(r.hook) == 0ms);
  CHECK(r.all.open_breakers(r.now) == 0);
}

TEST_CASE("one success between failures, and nothing is left alone") {
  rig r;
  for (int round = 0; round < 3; ++round) {
    for (std::uint32_t i = 0; i + 1 < destinations::failures_to_open; ++i) r.fail_once();
    REQUIRE(r.enter(r.hook) == 0ms);
    r.leave(r.hook, false);
  }
  CHECK(r.enter(r.hook) == 0ms);
}

TEST_CASE(
    "an endpoint that asks to be left alone is, for ten minutes at most; another of its server is not") {
  rig r;
  REQUIRE(r.enter(r.hook) == 0ms);
  r.leave(r.hook, true, 120s);
  CHECK(r.enter(r.hook) == 120s);
  CHECK(r.enter({"https://a:443", 2, "https://a/another"}) == 0ms);
  r.now += 120s;
  REQUIRE(r.enter(r.hook) == 0ms);
  r.leave(r.hook, true, 24h);
  CHECK(r.enter(r.hook) == destinations::longest_pause);
}

TEST_CASE("mail has no breaker: what one address says is nothing about another") {
  rig r;
  const destination mail{"mail example.org", 2, {}};
  for (int i = 0; i < 20; ++i) {
    REQUIRE(r.enter(mail) == 0ms);
    r.leave(mail, true);
  }
  CHECK(r.enter(mail) == 0ms);
}

TEST_CASE("mails are told apart by domain, webhooks by host, port and URL") {
  config c = default_config();
  c.smtp.per_domain = 7;
  c.webhooks.per_host = 9;
  request_record r;
  r.email = "Owner@Example.ORG";
  r.webhook = "https://Example.org/hook?a=b";
  const auto mail = destination_of(r, message_kind::email, c),
             call = destination_of(r, message_kind::webhook, c);
  CHECK(mail.server == "mail example.org");
  CHECK(mail.at_once == 7);
  CHECK(mail.endpoint.empty());
  CHECK(call.server == "https://example.org:443");
  CHECK(call.at_once == 9);
  CHECK(call.endpoint == r.webhook);
}

TEST_CASE("endpoints that nobody calls any more are forgotten") {
  rig r;
  for (int i = 0; i < 1'000; ++i) {
    const destination one{"https://a:443", 2, "https://a/" + std::to_string(i)};
    REQUIRE(r.enter(one) == 0ms);
    r.leave(one, true, 60s);
  }
  CHECK(r.all.open_breakers(r.now) == 1'000);
  r.now += 2h;
  CHECK(r.all.open_breakers(r.now) == 0);
}
