// What may be removed, and when: pins, dead letters, retention, cancelled requests, idempotency keys.
#include <catch2/catch_test_macros.hpp>

#include "storage/state_machine.hpp"
#include "tests/unit/storage/machine_kit.hpp"

using namespace dip;
using namespace dip::test;

namespace {

remove_expired expired_objects(const object_row& row) { return {{row.name}, {}, {}, {}}; }
remove_expired expired_request(const request_record& r) { return {{}, {r.id}, {}, {}}; }
remove_expired expired_letter(const queue_message& m) { return {{}, {}, {m.ref}, {}}; }

}  // namespace

TEST_CASE("a file that requests need is not removed until the last of them has ended") {
  machine m;
  const auto input = m.upload();
  const auto first = m.accept(input);
  m.accept(input);
  CHECK(m.pins(input) == 2);
  m.pass(milliseconds{10'000'000});
  CHECK(m.apply(delete_object{input.name}).verdict.error().code == errc::conflict);
  CHECK(m.apply(expired_objects(input)).removed_objects.empty());
  REQUIRE(m.apply(failed_by(m.lease(queue_name::request), false, m.now())).verdict);
  CHECK(m.pins(input) == 1);
  REQUIRE(m.apply(cancel_request{first.id, {}}).verdict.error().code == errc::conflict);
  REQUIRE(m.apply(failed_by(m.lease(queue_name::request), false, m.now())).verdict);
  CHECK(m.pins(input) == 0);
  CHECK(m.apply(delete_object{input.name}).removed_objects == std::vector{input.name});
  CHECK(m.apply(delete_object{input.name}).verdict.error().code == errc::not_found);
}

TEST_CASE("a new object is pinned by nobody, whatever its proposer says") {
  machine m;
  auto row = a_file(bucket::request_files);
  row.pins = 7;
  REQUIRE(m.apply(put_object{row}).verdict);
  CHECK(m.pins(row) == 0);
}

TEST_CASE("putting the same object again is fine, another one under its key is not") {
  machine m;
  auto row = m.upload();
  m.accept(row);
  CHECK(m.apply(put_object{row}).verdict);
  CHECK(m.pins(row) == 1);
  row.sha256 = "def";
  CHECK(m.apply(put_object{row}).verdict.error().code == errc::conflict);
}

TEST_CASE("a dead letter goes on pinning the input, and its owner is told") {
  machine m;
  const auto input = m.upload();
  const auto r = m.accept(input, "owner@example.org");
  const auto out = m.apply(failed_by(m.lease(queue_name::request), true, m.now()));
  REQUIRE(out.verdict);
  CHECK(m.request(r).status == request_status::failed);
  CHECK(m.messages(queue_name::notifier).size() == 1);
  CHECK(m.pins(input) == 1);
  const auto dead = m.messages(queue_name::request, true);
  REQUIRE(dead.size() == 1);
  CHECK(dead.front().failed == 1);
  CHECK(dead.front().history.back().code == errc::invalid_image);
  m.apply(expired_letter(dead.front()));
  CHECK(m.messages(queue_name::request, true).empty());
  CHECK(m.pins(input) == 0);
}

TEST_CASE("a dead notification is no reason to keep the input, nor to let it go") {
  machine m;
  const auto input = m.upload();
  const auto r = m.accept(input, "owner@example.org");
  REQUIRE(m.apply(failed_by(m.lease(queue_name::request), true, m.now())).verdict);
  const auto mail = m.lease(queue_name::notifier);
  REQUIRE(m.apply(settle_notification{mail, notification_state::failed, "550 no such user", true}).verdict);
  CHECK(m.request(r).email_state == notification_state::failed);
  CHECK(m.request(r).notification_detail == "550 no such user");
  m.apply(expired_letter(m.messages(queue_name::notifier, true).front()));
  CHECK(m.pins(input) == 1);
}

TEST_CASE("a live message is no dead letter") {
  machine m;
  const auto input = m.upload();
  m.accept(input);
  m.apply(expired_letter(m.messages(queue_name::request).front()));
  CHECK(m.messages(queue_name::request).size() == 1);
  CHECK(m.pins(input) == 1);
}

TEST_CASE("a record stays while messages speak of it") {
  machine m;
  const auto input = m.upload();
  const auto r = m.accept(input, "owner@example.org");
  REQUIRE(m.apply(failed_by(m.lease(queue_name::request), true, m.now())).verdict);
  m.pass(milliseconds{10'000'000});
  m.apply(expired_request(r));
  CHECK(m.view()->request(r.id));
  m.apply(expired_letter(m.messages(queue_name::request, true).front()));
  m.apply(expired_request(r));
  CHECK(m.view()->request(r.id));
  const auto mail = m.lease(queue_name::notifier);
  REQUIRE(m.apply(settle_notification{mail, notification_state::sent, "250", false}).verdict);
  m.apply(expired_request(r));
  CHECK_FALSE(m.view()->request(r.id));
  CHECK(m.pins(input) == 0);
}

TEST_CASE("cancelling removes the work, tells nobody, and keeps the record as it was written") {
  machine m;
  const auto input = m.upload();
  const auto r = m.accept(input, "owner@example.org");
  const auto by = m.lease(queue_name::request);
  const auto out = m.apply(cancel_request{r.id, m.now() + milliseconds{5}});
  REQUIRE(out.verdict);
  CHECK(out.queues.size() == 1);
  CHECK(m.messages(queue_name::notifier).empty());
  const auto record = m.request(r);
  CHECK(record.status == request_status::cancelled);
  CHECK(record.email == "owner@example.org");
  CHECK(record.email_state == notification_state::none);
  CHECK(m.pins(input) == 0);
  CHECK(m.apply(complete_preprocess{by, a_file(bucket::preprocessed_files)}).verdict.error().code ==
        errc::stale_lease);
  CHECK(m.apply(cancel_request{r.id, {}}).verdict.error().code == errc::conflict);
  CHECK(m.apply(cancel_request{{ulid::make(m.now(), here)}, {}}).verdict.error().code == errc::not_found);
}

TEST_CASE("a reservation whose file is gone can be replaced, by one of those who saw it") {
  machine m;
  const idempotency_row row{"k", "body", {ulid::make(m.now(), here)}, {}, m.now() + milliseconds{100}};
  REQUIRE(m.apply(reserve_idempotency{row}).verdict);
  auto first = row, second = row;
  first.id = {ulid::make(m.now(), here)};
  second.id = {ulid::make(m.now(), here)};
  CHECK(m.apply(reserve_idempotency{first, row.id}).idempotency->id == first.id);
  CHECK(m.apply(reserve_idempotency{second, row.id}).idempotency->id == first.id);
  second.body_hash = "another";
  CHECK(m.apply(reserve_idempotency{second, first.id}).verdict.error().code == errc::idempotency_mismatch);
}

TEST_CASE("an idempotency key holds what was first said under it until it expires") {
  machine m;
  idempotency_row row{"k", "body 1", {ulid::make(m.now(), here)}, {}, m.now() + milliseconds{100}};
  CHECK(m.apply(reserve_idempotency{row}).idempotency->id == row.id);
  auto other = row;
  other.id = {ulid::make(m.now(), here)};
  CHECK(m.apply(reserve_idempotency{other}).idempotency->id == row.id);
  other.body_hash = "body 2";
  CHECK(m.apply(reserve_idempotency{other}).verdict.error().code == errc::idempotency_mismatch);
  m.apply(remove_expired{{}, {}, {}, {"k"}});
  CHECK(m.view()->idempotency("k"));
  m.pass(milliseconds{100});
  CHECK(m.apply(reserve_idempotency{other}).idempotency->id == other.id);
  m.apply(remove_expired{{}, {}, {}, {"k"}});
  CHECK_FALSE(m.view()->idempotency("k"));
}
