// Thousands of commands from a seed, and after each of them what must always hold.
#include "tests/unit/storage/random_commands.hpp"

#include <map>
#include <set>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include "tests/unit/storage/machine_kit.hpp"

using namespace dip;
using namespace dip::test;

namespace {

// What the tables said before the last command.
struct memory {
  std::map<request_id, request_record> requests;
  std::map<std::pair<request_id, std::uint32_t>, int> finals;  // of each run
  std::set<request_status> reached;
  int again = 0;
};

bool is_stage(message_kind k) { return k == message_kind::preprocess || k == message_kind::process; }

void check_messages(const request_record& r, const std::vector<queue_message>& messages) {
  size_t work = 0, dead_work = 0, mails = 0, calls = 0;
  for (const auto& m : messages) {
    if (is_stage(m.kind)) ++(m.dead ? dead_work : work);
    // Those of an earlier run are on their way out.
    if (!m.dead && m.kind == message_kind::email && m.run == r.run) ++mails;
    if (!m.dead && m.kind == message_kind::webhook && m.run == r.run) ++calls;
    if (is_stage(m.kind)) CHECK(m.run == r.run);
    CHECK(m.run <= r.run);
    CHECK_FALSE((m.dead && m.leased));
    CHECK(m.failed <= m.acquired);
  }
  CHECK(r.messages == messages.size());
  CHECK(work == (is_final(r.status) ? 0 : 1));
  CHECK(dead_work <= (r.status == request_status::failed ? 1 : 0));
  // One of each on its way, and only while its state says so.
  CHECK(mails == (is_final(r.status) && r.email_state == notification_state::pending ? 1 : 0));
  CHECK(calls == (is_final(r.status) && r.webhook_state == notification_state::pending ? 1 : 0));
  CHECK(r.unpinned == (is_final(r.status) && dead_work == 0));
  CHECK(r.work.has_value() == (!is_final(r.status) || dead_work == 1));
}

void check_all(const machine& m, memory& before) {
  const auto view = m.view();
  std::map<request_id, std::vector<queue_message>> messages;
  for (std::uint8_t q = 0; q < queue_count; ++q)
    for (const bool dead : {false, true})
      for (auto& message : all_messages(*view, static_cast<queue_name>(q), dead))
        messages[message.request].push_back(std::move(message));

  std::map<object_name, std::uint32_t> pins;
  std::map<request_id, request_record> now;
  for (auto& r : all_requests(*view)) {
    const auto known = before.requests.find(r.id);
    const bool same_run = known != before.requests.end() && known->second.run == r.run;
    const bool was_final = same_run && is_final(known->second.status);
    if (same_run) CHECK(r.status >= known->second.status);
    if (known != before.requests.end() && !same_run) {
      CHECK(r.run == known->second.run + 1);
      CHECK(known->second.status == request_status::failed);
      ++before.again;
    }
    if (was_final) CHECK(r.status == known->second.status);
    if (!was_final && is_final(r.status)) CHECK(++before.finals[{r.id, r.run}] == 1);
    if (!r.unpinned) ++pins[r.file];
    if (r.preprocessed && !is_final(r.status)) CHECK(view->object(r.preprocessed->name));
    before.reached.insert(r.status);
    check_messages(r, messages[r.id]);
    messages.erase(r.id);
    now.emplace(r.id, std::move(r));
  }
  for (const auto& [id, left] : messages) CHECK(left.empty());
  for (std::uint8_t b = 0; b < 3; ++b)
    for (const auto& row : all_objects(*view, static_cast<bucket>(b))) {
      CHECK(row.pins == pins[row.name]);
      pins.erase(row.name);
    }
  for (const auto& [name, count] : pins) CHECK(count == 0);  // what is pinned is there
  before.requests = std::move(now);
}

}  // namespace

TEST_CASE("whatever is proposed, in whatever order, the tables stay sound") {
  const auto seed = GENERATE(range(1U, 9U));
  CAPTURE(seed);
  machine m;
  random_commands source{seed, here};
  memory before;
  for (int step = 0; step < 600; ++step) {
    CAPTURE(step);
    m.pass(milliseconds{source.below(60)});
    m.apply(source.next(*m.view(), m.now()));
    check_all(m, before);
  }
  // The run was about something.
  CHECK(before.finals.size() > 10);
  CHECK(before.again > 0);
  CHECK(before.reached.size() == 7);
}
