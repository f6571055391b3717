#include "storage/state_machine.hpp"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/storage/machine_kit.hpp"

using namespace dip;
using namespace dip::test;

TEST_CASE("a request walks through the three queues and is final once") {
  machine m;
  const auto input = m.upload();
  const auto r = m.accept(input, "owner@example.org", "https://example.org/hook");
  CHECK(m.request(r).status == request_status::accepted);
  CHECK(m.request(r).email_state == notification_state::pending);
  m.preprocess(r);
  CHECK(m.request(r).status == request_status::preprocessed);
  CHECK(m.messages(queue_name::request).empty());
  m.process(r);
  const auto done = m.request(r);
  CHECK(done.status == request_status::processed);
  CHECK(done.preprocess_attempts == 1);
  CHECK(done.process_attempts == 1);
  CHECK(done.timeline.size() == 5);
  CHECK(m.messages(queue_name::preprocess_ok).empty());
  CHECK(m.messages(queue_name::notifier).size() == 2);
  CHECK(m.view()->object(done.outputs.front().object)->made_by == r.id);
}

TEST_CASE("accepting a request again answers the one that is there") {
  machine m;
  const auto r = m.accept(m.upload());
  m.lease(queue_name::request);
  const auto out = m.apply(accept_request{r});
  CHECK(out.verdict);
  CHECK(out.request->status == request_status::preprocessing);
  CHECK(out.queues.empty());
  CHECK(m.messages(queue_name::request).size() == 1);
}

TEST_CASE("of each API key's requests those are counted that are not final") {
  machine m;
  const auto input = m.upload();
  const auto accept = [&](const std::string& caller) {
    request_record r;
    r.id = {ulid::make(m.now(), here)};
    r.file = input.name;
    r.caller = caller;
    const auto out = m.apply(accept_request{r});
    REQUIRE(out.verdict);
    CHECK(m.apply(accept_request{r}).verdict);
    return *out.request;
  };
  const auto live = [&](std::string_view caller) { return m.view()->live_requests(caller); };
  const auto first = accept("shop"), second = accept("shop"), others = accept("blog");
  accept("");
  CHECK(live("shop") == 2);
  CHECK(live("blog") == 1);
  CHECK(live("") == 0);
  CHECK(live("shops") == 0);
  m.apply(cancel_request{second.id, m.now()});
  m.apply(cancel_request{second.id, m.now()});
  CHECK(live("shop") == 1);
  m.preprocess(first);
  CHECK(live("shop") == 1);
  m.process(first);
  CHECK(live("shop") == 0);
  CHECK(live("blog") == 1);
}

TEST_CASE("a request whose input is gone is refused") {
  machine m;
  request_record r;
  r.id = {ulid::make(m.now(), here)};
  r.file = a_file(bucket::request_files).name;
  const auto out = m.apply(accept_request{r});
  CHECK(out.verdict.error().code == errc::not_found);
  CHECK(m.messages(queue_name::request).empty());
}

TEST_CASE("a request of another partition than its file's is refused, whichever of them the log is of") {
  machine m;
  const auto input = m.upload();
  request_record r;
  r.id = {ulid::make(m.now(), {static_cast<std::uint16_t>(here.value + 1)})};
  r.file = input.name;
  CHECK(m.apply(accept_request{r}).verdict.error().code == errc::conflict);
  r.id = {ulid::make(m.now(), here)};
  r.file.key = ulid::make(m.now(), {static_cast<std::uint16_t>(here.value + 1)}).text() + ".png";
  CHECK(m.apply(accept_request{r}).verdict.error().code == errc::conflict);
  CHECK(m.messages(queue_name::request).empty());
}

TEST_CASE("only the row's exact token settles a message") {
  machine m;
  const auto r = m.accept(m.upload());
  auto by = m.lease(queue_name::request);
  ++by.token.counter;
  CHECK(m.apply(failed_by(by, false, m.now())).verdict.error().code == errc::stale_lease);
  CHECK(m.apply(return_message{by, {}, true, {}}).verdict.error().code == errc::stale_lease);
  by.token.counter -= 2;
  CHECK(m.apply(complete_preprocess{by, a_file(bucket::preprocessed_files)}).verdict.error().code ==
        errc::stale_lease);
  CHECK(m.request(r).status == request_status::preprocessing);
}

TEST_CASE("a claim on a message of another partition is stale") {
  machine m;
  m.accept(m.upload());
  auto by = m.lease(queue_name::request);
  by.message.partition.value += 1;
  CHECK(m.apply(return_message{by, {}, true, {}}).verdict.error().code == errc::stale_lease);
}

TEST_CASE("a claim cannot do another stage's work") {
  machine m;
  const auto r = m.accept(m.upload(), "owner@example.org");
  const auto first = m.lease(queue_name::request);
  CHECK(m.apply(processed_by(first, m.now())).verdict.error().code == errc::conflict);
  CHECK(m.apply(redo_preprocess{first}).verdict.error().code == errc::conflict);
  CHECK(m.apply(settle_notification{first, notification_state::sent, "", false}).verdict.error().code ==
        errc::conflict);
  CHECK(m.request(r).status == request_status::preprocessing);
  CHECK(m.messages(queue_name::request).size() == 1);
  REQUIRE(m.apply(failed_by(first, false, m.now())).verdict);
  const auto mail = m.lease(queue_name::notifier);
  CHECK(m.apply(failed_by(mail, false, m.now())).verdict.error().code == errc::conflict);
}

TEST_CASE("a grant passes over what is leased, gone or not visible yet") {
  machine m;
  m.accept(m.upload());
  const auto by = m.lease(queue_name::request);
  const auto id = by.message.id;
  auto out = m.apply(grant_leases{queue_name::request, "n2", {{id, {1, 99}}, {{12345}, {1, 100}}}});
  CHECK(out.verdict);
  CHECK(out.queues.empty());
  REQUIRE(m.apply(return_message{by, {errc::timeout, "slow", ""}, true, milliseconds{500}}).verdict);
  CHECK(m.apply(grant_leases{queue_name::request, "n2", {{id, {1, 101}}}}).queues.empty());
  m.pass(milliseconds{500});
  out = m.apply(grant_leases{queue_name::request, "n2", {{id, {1, 102}}}});
  REQUIRE(out.queues.size() == 1);
  CHECK(out.queues.front().message.acquired == 2);
  CHECK(out.queues.front().message.failed == 1);
  CHECK(out.queues.front().message.history.front().detail == "slow");
}

TEST_CASE("a lost node is not a failure of the image, and only ten tries are remembered") {
  machine m;
  m.accept(m.upload());
  for (int i = 0; i < 12; ++i)
    REQUIRE(
        m.apply(return_message{m.lease(queue_name::request), {errc::timeout, "", ""}, false, {}}).verdict);
  const auto message = m.messages(queue_name::request).front();
  CHECK(message.acquired == 12);
  CHECK(message.failed == 0);
  CHECK(message.history.size() == 10);
}

TEST_CASE("a stage that is made again does not lower the status") {
  machine m;
  const auto r = m.accept(m.upload());
  const auto lost = m.preprocess(r);
  const auto out = m.apply(redo_preprocess{m.lease(queue_name::preprocess_ok)});
  REQUIRE(out.verdict);
  CHECK(out.removed_objects == std::vector{lost.name});
  CHECK(m.request(r).status == request_status::processing);
  CHECK(m.messages(queue_name::preprocess_ok).empty());
  const auto again = m.preprocess(r);
  CHECK(m.request(r).status == request_status::processing);
  CHECK(m.request(r).preprocessed->name == again.name);
  m.process(r);
  CHECK(m.request(r).status == request_status::processed);
}

TEST_CASE("an outcome names the files that each replica is to have") {
  machine m;
  auto row = m.upload();
  CHECK(m.apply(put_object{row}).stored_objects.empty());  // the same again
  row.name.key = ulid::make(wall_time{milliseconds{6}}, row.name.partition()).text() + ".jpg";
  CHECK(m.apply(put_object{row}).stored_objects == std::vector{row.name});
  CHECK(m.apply(delete_object{row.name}).stored_objects.empty());
}

TEST_CASE("a preprocessed file stays while its request lives, and expires after it") {
  machine m;
  const auto r = m.accept(m.upload());
  const auto tiff = m.preprocess(r);
  m.pass(milliseconds{10'000'000});
  remove_expired all{{tiff.name}, {r.id}, {}, {}};
  CHECK(m.apply(all).removed_objects.empty());
  CHECK(m.view()->request(r.id));
  m.process(r);
  CHECK(m.apply(all).removed_objects.empty());
  m.pass(milliseconds{10'000});
  CHECK(m.apply(all).removed_objects == std::vector{tiff.name});
  CHECK(m.view()->request(r.id));
  m.pass(milliseconds{100'000});
  m.apply(all);
  CHECK_FALSE(m.view()->request(r.id));
}
