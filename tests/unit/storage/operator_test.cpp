// What operators do to dead letters and queues, and what is kept of it.
#include <catch2/catch_test_macros.hpp>

#include "storage/retention.hpp"
#include "storage/state_transfer.hpp"
#include "tests/unit/storage/machine_kit.hpp"

using namespace dip;
using namespace dip::test;

namespace {

struct buried {
  object_row input;
  request_record request;
  message_ref letter;
};

buried bury_preprocess(machine& m, const std::string& email = {}) {
  buried out{m.upload(), {}, {}};
  out.request = m.accept(out.input, email);
  REQUIRE(m.apply(failed_by(m.lease(queue_name::request), true, m.now())).verdict);
  out.letter = m.messages(queue_name::request, true).back().ref;
  return out;
}

buried bury_process(machine& m) {
  buried out{m.upload(), {}, {}};
  out.request = m.accept(out.input);
  m.preprocess(out.request);
  REQUIRE(m.apply(failed_by(m.lease(queue_name::preprocess_ok), true, m.now())).verdict);
  out.letter = m.messages(queue_name::preprocess_ok, true).back().ref;
  return out;
}

redrive_dead_letters redrive(const message_ref& letter) { return {letter.queue, {letter.id}}; }

audit_row did(machine& m, const std::string& what) {
  audit_row row;
  row.id = ulid::make(m.now(), here);
  row.who = "loopback";
  row.what = what;
  return row;
}

std::vector<std::string> audited(const state_view& view) {
  std::vector<std::string> out;
  view.each_audit(std::nullopt, [&](const audit_row& row) {
    out.push_back(row.what);
    return true;
  });
  return out;
}

}  // namespace

TEST_CASE("a redriven request runs again from where it had stopped") {
  machine m;
  SECTION("before anything was made: from its beginning") {
    const auto b = bury_preprocess(m);
    const auto out = m.apply(redrive(b.letter));
    CHECK(out.redriven == 1);
    CHECK(out.refused.empty());
    const auto now = m.request(b.request);
    CHECK(now.run == 2);
    CHECK(now.status == request_status::accepted);
    CHECK_FALSE(now.failure);
    CHECK(now.messages == 1);
    CHECK(now.expires_at == wall_time{});
    CHECK(m.messages(queue_name::request, true).empty());
    REQUIRE(m.messages(queue_name::request).size() == 1);
    CHECK(m.messages(queue_name::request).front().run == 2);
    CHECK(m.messages(queue_name::request).front().failed == 0);
    CHECK(m.pins(b.input) == 1);
  }
  SECTION("between the stages: from the second, with what the first has made") {
    const auto b = bury_process(m);
    CHECK(m.apply(redrive(b.letter)).redriven == 1);
    const auto now = m.request(b.request);
    CHECK(now.status == request_status::preprocessed);
    REQUIRE(now.preprocessed);
    CHECK(m.view()->object(now.preprocessed->name)->expires_at == wall_time{});
    REQUIRE(m.messages(queue_name::preprocess_ok).size() == 1);
    REQUIRE(m.process(now).verdict);
    CHECK(m.request(b.request).status == request_status::processed);
    CHECK(m.request(b.request).run == 2);
    CHECK(m.pins(b.input) == 0);
    CHECK(m.request(b.request).messages == 0);
  }
  SECTION("from its beginning where retention took what the first stage had made") {
    const auto b = bury_process(m);
    const auto made = m.request(b.request).preprocessed->name;
    m.pass(milliseconds{20'000});
    REQUIRE(m.apply(remove_expired{{made}, {}, {}, {}, {}}).verdict);
    CHECK(m.apply(redrive(b.letter)).redriven == 1);
    CHECK(m.request(b.request).status == request_status::accepted);
    CHECK_FALSE(m.request(b.request).preprocessed);
    CHECK(m.messages(queue_name::request).size() == 1);
    CHECK(m.messages(queue_name::preprocess_ok).empty());
  }
}

TEST_CASE("what cannot be redriven is passed over and told of") {
  machine m;
  const auto b = bury_preprocess(m);
  auto two = redrive(b.letter);
  two.ids.push_back({b.letter.id.value + 1});
  const auto out = m.apply(two);
  CHECK(out.redriven == 1);
  REQUIRE(out.refused.size() == 1);
  CHECK(out.refused[0].id == two.ids[1]);
  CHECK(out.refused[0].code == errc::not_found);
  // A second time, by whoever did not hear of the first.
  const auto again = m.apply(redrive(b.letter));
  CHECK(again.redriven == 0);
  CHECK(again.refused.size() == 1);
  CHECK(m.request(b.request).run == 2);
}

TEST_CASE("a dead letter of an earlier run is left alone") {
  machine m;
  const auto r = m.accept(m.upload(), "owner@example.org");
  m.preprocess(r);
  REQUIRE(m.apply(failed_by(m.lease(queue_name::preprocess_ok), true, m.now())).verdict);
  REQUIRE(m.apply(settle_notification{m.lease(queue_name::notifier), notification_state::failed, "no", true})
              .verdict);
  const auto mail = m.messages(queue_name::notifier, true).front().ref;
  const auto letter = m.messages(queue_name::preprocess_ok, true).front().ref;
  CHECK(m.apply(redrive(letter)).redriven == 1);
  const auto out = m.apply(redrive(mail));
  REQUIRE(out.refused.size() == 1);
  CHECK(out.refused[0].code == errc::conflict);
  CHECK(m.request(r).email_state == notification_state::pending);
  REQUIRE(m.apply(discard_dead_letter{mail}).verdict);
  CHECK(m.messages(queue_name::notifier, true).empty());
  // It pinned nothing: the run that goes on still needs the input.
  CHECK(m.pins(*m.view()->object(r.file)) == 1);
}

TEST_CASE("news of an earlier run changes nothing of this one") {
  machine m;
  const auto b = bury_preprocess(m, "owner@example.org");
  const auto late = m.lease(queue_name::notifier);
  CHECK(m.apply(redrive(b.letter)).redriven == 1);
  REQUIRE(m.apply(settle_notification{late, notification_state::sent, "250", false}).verdict);
  CHECK(m.request(b.request).email_state == notification_state::pending);
  CHECK(m.messages(queue_name::notifier).empty());
}

TEST_CASE("a notification's dead letter lives again as if it were new") {
  machine m;
  const auto r = m.accept(m.upload(), "owner@example.org");
  m.preprocess(r);
  m.process(r);
  REQUIRE(m.apply(settle_notification{m.lease(queue_name::notifier), notification_state::failed, "no", true})
              .verdict);
  const auto letter = m.messages(queue_name::notifier, true).front();
  m.pass(milliseconds{5'000});
  CHECK(m.apply(redrive(letter.ref)).redriven == 1);
  const auto alive = m.messages(queue_name::notifier);
  REQUIRE(alive.size() == 1);
  CHECK(alive[0].ref == letter.ref);
  CHECK(alive[0].failed == 0);
  CHECK(alive[0].enqueued_at == m.now());
  CHECK(alive[0].history.size() == 1);
  CHECK(m.messages(queue_name::notifier, true).empty());
  CHECK(m.request(r).email_state == notification_state::pending);
  CHECK(m.request(r).run == 1);
  REQUIRE(m.apply(settle_notification{m.lease(queue_name::notifier), notification_state::sent, "250", false})
              .verdict);
  CHECK(m.request(r).messages == 0);
}

TEST_CASE("while it was sent again otherwise, its dead letter is no use") {
  machine m;
  const auto r = m.accept(m.upload(), "owner@example.org");
  m.preprocess(r);
  m.process(r);
  REQUIRE(m.apply(settle_notification{m.lease(queue_name::notifier), notification_state::failed, "no", true})
              .verdict);
  REQUIRE(m.apply(resend_notification{r.id}).verdict);
  const auto out = m.apply(redrive(m.messages(queue_name::notifier, true).front().ref));
  REQUIRE(out.refused.size() == 1);
  CHECK(out.refused[0].code == errc::conflict);
}

TEST_CASE("a discarded dead letter lets its input go") {
  machine m;
  const auto b = bury_preprocess(m);
  CHECK(m.pins(b.input) == 1);
  REQUIRE(m.apply(discard_dead_letter{b.letter}).verdict);
  CHECK(m.pins(b.input) == 0);
  CHECK(m.messages(queue_name::request, true).empty());
  CHECK(m.request(b.request).messages == 0);
  CHECK(m.apply(discard_dead_letter{b.letter}).verdict.error().code == errc::not_found);
  REQUIRE(m.apply(delete_object{b.input.name}).verdict);
  CHECK(m.apply(retry_request{b.request.id}).verdict.error().code == errc::conflict);
}

TEST_CASE("a failed request is retried, with its dead letter or without") {
  machine m;
  SECTION("its dead letter goes") {
    const auto b = bury_process(m);
    const auto out = m.apply(retry_request{b.request.id});
    REQUIRE(out.verdict);
    CHECK(out.request->run == 2);
    CHECK(out.request->status == request_status::preprocessed);
    CHECK(m.messages(queue_name::preprocess_ok, true).empty());
    CHECK(out.request->messages == 1);
  }
  SECTION("the image's own fault left none: from its beginning, and the input is needed again") {
    const auto input = m.upload();
    const auto r = m.accept(input);
    REQUIRE(m.apply(failed_by(m.lease(queue_name::request), false, m.now())).verdict);
    CHECK(m.pins(input) == 0);
    REQUIRE(m.apply(retry_request{r.id}).verdict);
    CHECK(m.pins(input) == 1);
    m.preprocess(r);
    m.process(r);
    CHECK(m.pins(input) == 0);
    CHECK(m.request(r).status == request_status::processed);
    CHECK(m.apply(retry_request{r.id}).verdict.error().code == errc::conflict);
  }
  SECTION("its input is gone") {
    const auto input = m.upload();
    const auto r = m.accept(input);
    REQUIRE(m.apply(failed_by(m.lease(queue_name::request), false, m.now())).verdict);
    REQUIRE(m.apply(delete_object{input.name}).verdict);
    const auto out = m.apply(retry_request{r.id});
    CHECK(out.verdict.error().code == errc::conflict);
    CHECK(m.request(r).run == 1);
    CHECK(m.request(r).status == request_status::failed);
  }
  SECTION("there is none, or it has not failed") {
    CHECK(m.apply(retry_request{{ulid::make(m.now(), here)}}).verdict.error().code == errc::not_found);
    CHECK(m.apply(retry_request{m.accept(m.upload()).id}).verdict.error().code == errc::conflict);
  }
}

TEST_CASE("a queue is paused until it is resumed, each once, and each partition keeps it") {
  machine m, other;
  CHECK_FALSE(m.view()->is_paused(queue_name::request));
  const auto out = m.apply(pause_queue{queue_name::request, true});
  REQUIRE(out.queues.size() == 1);
  CHECK(out.queues[0].what == queue_change::kind::paused);
  CHECK(out.queues[0].message.ref.queue == queue_name::request);
  CHECK(m.apply(pause_queue{queue_name::request, true}).queues.empty());
  CHECK(m.view()->is_paused(queue_name::request));
  CHECK_FALSE(m.view()->is_paused(queue_name::notifier));
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
  CHECK(other.view()->is_paused(queue_name::request));
  CHECK(other.view()->state_hash() == m.view()->state_hash());
  REQUIRE(m.apply(pause_queue{queue_name::request, false}).queues.size() == 1);
  CHECK_FALSE(m.view()->is_paused(queue_name::request));
}

TEST_CASE("what operators did is kept, newest first, as long as it is to be") {
  machine m;
  const auto first = did(m, "pause rtp-request-queue");
  REQUIRE(m.apply(note_audit{first}).verdict);
  const auto then = m.now();
  m.pass(milliseconds{1'000});
  REQUIRE(m.apply(note_audit{first}).verdict);
  REQUIRE(m.apply(note_audit{did(m, "resume rtp-request-queue")}).verdict);
  CHECK(audited(*m.view()) ==
        std::vector<std::string>{"resume rtp-request-queue", "pause rtp-request-queue"});
  m.view()->each_audit(std::nullopt, [&](const audit_row& row) {
    CHECK(row.at == (row.id == first.id ? then : m.now()));
    return true;
  });
  std::vector<std::string> older;
  m.view()->each_audit(first.id, [&](const audit_row& row) {
    older.push_back(row.what);
    return true;
  });
  CHECK(older.empty());
  retention_config keep;
  keep.audit = milliseconds{1'000};
  const auto expired = find_expired(*m.view(), m.now(), keep);
  REQUIRE(expired);
  CHECK(expired->audit == std::vector<ulid>{first.id});
  REQUIRE(m.apply(*expired).verdict);
  CHECK(audited(*m.view()) == std::vector<std::string>{"resume rtp-request-queue"});
  CHECK_FALSE(find_expired(*m.view(), m.now(), keep));
}
