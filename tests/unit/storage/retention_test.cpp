#include "storage/retention.hpp"

#include <catch2/catch_test_macros.hpp>

#include "tests/unit/storage/object_kit.hpp"

namespace dip::testing {
namespace {

constexpr wall_time now{milliseconds{1'700'000'000'000}};
constexpr milliseconds tick{1};

// Tables as plain rows; only what retention looks at.
class rows_view final : public state_view {
public:
  std::vector<request_record> requests;
  std::vector<object_row> objects;
  std::vector<queue_message> messages;
  std::vector<idempotency_row> keys;

  log_index applied() const override { return {}; }
  wall_time stamp() const override { return {}; }
  std::uint64_t state_hash() const override { return 0; }
  result<request_record> request(const request_id&) const override { return fail(errc::not_found); }
  result<object_row> object(const object_name&) const override { return fail(errc::not_found); }
  result<queue_message> message(const message_ref&) const override { return fail(errc::not_found); }
  result<idempotency_row> idempotency(std::string_view) const override { return fail(errc::not_found); }
  std::uint32_t live_requests(std::string_view) const override { return 0; }

  void each_request(const std::optional<request_id>&,
                    const std::function<bool(const request_record&)>& visit) const override {
    for (const auto& r : requests) {
      if (!visit(r)) return;
    }
  }
  void each_object(bucket in, const std::optional<std::string>&,
                   const std::function<bool(const object_row&)>& visit) const override {
    for (const auto& row : objects) {
      if (row.name.in == in && !visit(row)) return;
    }
  }
  void each_message(queue_name queue, bool dead, message_id,
                    const std::function<bool(const queue_message&)>& visit) const override {
    for (const auto& m : messages) {
      if (m.ref.queue == queue && m.dead == dead && !visit(m)) return;
    }
  }
  result<suppression_row> suppression(std::string_view) const override { return fail(errc::not_found); }
  void each_suppression(std::string_view, const std::function<bool(const suppression_row&)>&) const override {
  }
  bool is_paused(queue_name) const override { return false; }
  std::vector<audit_row> audits;
  void each_audit(const std::optional<ulid>&,
                  const std::function<bool(const audit_row&)>& visit) const override {
    for (const auto& row : audits)
      if (!visit(row)) return;
  }
  void each_idempotency(const std::function<bool(const idempotency_row&)>& visit) const override {
    for (const auto& row : keys) {
      if (!visit(row)) return;
    }
  }

  object_name add_object(bucket in, wall_time expires_at, std::uint32_t pins = 0) {
    object_row row;
    row.name = new_upload(in);
    row.expires_at = expires_at;
    row.pins = pins;
    objects.push_back(row);
    return row.name;
  }
  request_id add_request(request_status status, wall_time expires_at) {
    request_record r;
    r.id = {new_ulid()};
    r.status = status;
    r.expires_at = expires_at;
    requests.push_back(r);
    return r.id;
  }
  message_ref add_message(queue_name queue, bool dead, wall_time dead_at) {
    queue_message m;
    m.ref = {partition_id{3}, queue, message_id{messages.size() + 1}};
    m.dead = dead;
    m.dead_at = dead_at;
    messages.push_back(m);
    return m.ref;
  }
};

TEST_CASE("nothing expired is no command") {
  rows_view view;
  CHECK_FALSE(find_expired(view, now, {}));
  view.add_object(bucket::request_files, now + tick);
  view.add_request(request_status::processed, now + tick);
  CHECK_FALSE(find_expired(view, now, {}));
}

TEST_CASE("objects go when their time has come and nobody needs them") {
  rows_view view;
  view.add_object(bucket::request_files, now, 1);
  view.add_object(bucket::request_files, wall_time{});
  const std::vector expected{view.add_object(bucket::request_files, now),
                             view.add_object(bucket::preprocessed_files, now - tick),
                             view.add_object(bucket::processed_files, now)};
  const auto found = find_expired(view, now, {});
  REQUIRE(found);
  CHECK(found->objects == expected);
  CHECK(found->requests.empty());
}

TEST_CASE("only final requests go") {
  rows_view view;
  view.add_request(request_status::processing, now - tick);
  view.add_request(request_status::processed, wall_time{});
  std::vector<request_id> expected;
  for (const auto s : {request_status::processed, request_status::failed, request_status::cancelled}) {
    expected.push_back(view.add_request(s, now));
  }
  const auto found = find_expired(view, now, {});
  REQUIRE(found);
  CHECK(found->requests == expected);
}

TEST_CASE("dead letters are kept as long as is set") {
  const retention_config keep{.dead_letters = milliseconds{1'000}};
  rows_view view;
  view.add_message(queue_name::request, false, wall_time{});
  view.add_message(queue_name::request, true, now - keep.dead_letters + tick);
  const std::vector expected{view.add_message(queue_name::request, true, now - keep.dead_letters),
                             view.add_message(queue_name::notifier, true, now - 2 * keep.dead_letters)};
  const auto found = find_expired(view, now, keep);
  REQUIRE(found);
  CHECK(found->dead_letters == expected);
}

TEST_CASE("idempotency keys go when their time has come") {
  rows_view view;
  view.keys.resize(2);
  view.keys[0].key = "old";
  view.keys[0].expires_at = now;
  view.keys[1].key = "young";
  view.keys[1].expires_at = now + tick;
  const auto found = find_expired(view, now, {});
  REQUIRE(found);
  CHECK(found->idempotency_keys == std::vector<std::string>{"old"});
}

TEST_CASE("one command names at most 256, of all kinds together") {
  rows_view view;
  for (int i = 0; i < 250; ++i) view.add_object(bucket::request_files, now);
  for (int i = 0; i < 10; ++i) view.add_request(request_status::failed, now);
  view.add_message(queue_name::request, true, wall_time{tick});
  const auto found = find_expired(view, now, {});
  REQUIRE(found);
  CHECK(found->objects.size() == 250);
  CHECK(found->requests.size() == 6);
  CHECK(found->dead_letters.empty());
}

}  // namespace
}  // namespace dip::testing
