// Notifications that are sent again, and addresses that get none any more.
#include <catch2/catch_test_macros.hpp>

#include "storage/hashed_partition.hpp"
#include "storage/state_transfer.hpp"
#include "tests/unit/storage/machine_kit.hpp"

using namespace dip;
using namespace dip::test;

namespace {

request_record finished(machine& m, const std::string& email, const std::string& webhook) {
  const auto r = m.accept(m.upload(), email, webhook);
  m.preprocess(r);
  m.process(r);
  return r;
}

void settle(machine& m, notification_state state, bool dead = false) {
  REQUIRE(m.apply(settle_notification{m.lease(queue_name::notifier), state, "said", dead}).verdict);
}

std::vector<std::string> suppressed(const state_view& view, std::string_view after = {}) {
  std::vector<std::string> out;
  view.each_suppression(after, [&](const suppression_row& row) {
    out.push_back(row.address);
    return true;
  });
  return out;
}

suppress_address suppress(const std::string& address, const std::string& detail = "550 no") {
  return {{address, wall_time{milliseconds{1}}, detail, {}}};
}

}  // namespace

TEST_CASE("each way of a notification has its own state and its own last word") {
  machine m;
  const auto r = finished(m, "owner@example.org", "https://example.org");
  const auto waiting = m.messages(queue_name::notifier);
  REQUIRE(waiting.size() == 2);
  CHECK(waiting[0].kind == message_kind::email);
  CHECK(waiting[1].kind == message_kind::webhook);
  REQUIRE(
      m.apply(settle_notification{m.lease(queue_name::notifier), notification_state::failed, "550 no", false})
          .verdict);
  REQUIRE(m.apply(settle_notification{m.lease(queue_name::notifier), notification_state::sent, "204", false})
              .verdict);
  const auto now = m.request(r);
  CHECK(now.email_state == notification_state::failed);
  CHECK(now.notification_detail == "550 no");
  CHECK(now.webhook_state == notification_state::sent);
  CHECK(now.webhook_detail == "204");
}

TEST_CASE("what was sent or has failed is sent again, what is on its way is not doubled") {
  machine m;
  const auto r = finished(m, "owner@example.org", "https://example.org");
  CHECK(m.apply(resend_notification{r.id}).verdict.error().code == errc::conflict);
  settle(m, notification_state::failed);
  const auto again = m.apply(resend_notification{r.id});
  REQUIRE(again.verdict);
  CHECK(again.request->email_state == notification_state::pending);
  CHECK(again.request->notification_detail.empty());
  const auto waiting = m.messages(queue_name::notifier);
  REQUIRE(waiting.size() == 2);
  CHECK(waiting[0].kind == message_kind::webhook);
  CHECK(waiting[1].kind == message_kind::email);
  CHECK(waiting[1].enqueued_at == m.now());
  settle(m, notification_state::sent);
  settle(m, notification_state::sent);
  CHECK(m.request(r).messages == 0);
  REQUIRE(m.apply(resend_notification{r.id}).verdict);
  CHECK(m.messages(queue_name::notifier).size() == 2);
  CHECK(m.request(r).messages == 2);
}

TEST_CASE("a dead letter stays beside the message that is sent again") {
  machine m;
  const auto r = finished(m, "owner@example.org", "");
  settle(m, notification_state::failed, true);
  REQUIRE(m.apply(resend_notification{r.id}).verdict);
  CHECK(m.messages(queue_name::notifier, true).size() == 1);
  CHECK(m.messages(queue_name::notifier).size() == 1);
  CHECK(m.request(r).messages == 2);
}

TEST_CASE("what is not final, wants no notification, or is not there has nothing to send again") {
  machine m;
  const auto live = m.accept(m.upload(), "owner@example.org");
  CHECK(m.apply(resend_notification{live.id}).verdict.error().code == errc::conflict);
  REQUIRE(m.apply(cancel_request{live.id, {}}).verdict);
  CHECK(m.apply(resend_notification{live.id}).verdict.error().code == errc::conflict);
  const auto quiet = finished(m, "", "");
  CHECK(m.apply(resend_notification{quiet.id}).verdict.error().code == errc::conflict);
  CHECK(m.apply(resend_notification{{ulid::make(m.now(), here)}}).verdict.error().code == errc::not_found);
}

TEST_CASE("an address is suppressed once, from the entry's time, until it is cleared") {
  machine m;
  REQUIRE(m.apply(suppress("b@x")).verdict);
  const auto since = m.now();
  m.pass(milliseconds{500});
  REQUIRE(m.apply(suppress("b@x", "551 moved")).verdict);
  REQUIRE(m.apply(suppress("a@x")).verdict);
  REQUIRE(m.apply(suppress("c@x")).verdict);
  const auto row = m.view()->suppression("b@x");
  REQUIRE(row);
  CHECK(row->since == since);
  CHECK(row->detail == "550 no");
  CHECK(m.view()->suppression("B@x").error().code == errc::not_found);
  CHECK(suppressed(*m.view()) == std::vector<std::string>{"a@x", "b@x", "c@x"});
  CHECK(suppressed(*m.view(), "a@x") == std::vector<std::string>{"b@x", "c@x"});
  CHECK(suppressed(*m.view(), "bb") == std::vector<std::string>{"c@x"});
  const auto hash = m.view()->state_hash();
  REQUIRE(m.apply(clear_suppression{"b@x"}).verdict);
  CHECK(m.apply(clear_suppression{"b@x"}).verdict.error().code == errc::not_found);
  CHECK(suppressed(*m.view()) == std::vector<std::string>{"a@x", "c@x"});
  CHECK(m.view()->state_hash() != hash);
}

TEST_CASE("suppressed addresses go along when a state is given to another replica") {
  machine m, other;
  REQUIRE(m.apply(suppress("a@x")).verdict);
  REQUIRE(m.apply(suppress("b@x")).verdict);
  // One row a chunk: every place in the stream is gone on from.
  REQUIRE(begin_staging(other.kv(), here));
  std::string from;
  do {
    const auto chunk = read_state(*m.kv().snapshot(), here, from, 1);
    REQUIRE(chunk);
    REQUIRE(stage(other.kv(), here, *chunk));
    from = chunk->next;
  } while (!from.empty());
  other.mark_installing();
  REQUIRE(complete_install(other.kv(), here));
  CHECK(suppressed(*other.view()) == std::vector<std::string>{"a@x", "b@x"});
  CHECK(other.view()->state_hash() == m.view()->state_hash());
}

TEST_CASE("an address has its place whatever the partitions hold") {
  CHECK(hashed_partition("owner@example.org", 1) == partition_id{0});
  // SHA-256 of "abc" begins with ba7816bf8f01cfea.
  CHECK(hashed_partition("abc", 1024) == partition_id{0xba7816bf8f01cfeaULL % 1024});
  CHECK(hashed_partition("abc", 7) == partition_id{0xba7816bf8f01cfeaULL % 7});
}
