#include "tests/unit/storage/machine_kit.hpp"

#include <catch2/catch_test_macros.hpp>

#include "core/codec.hpp"
#include "core/log_view.hpp"
#include "storage/log_change.hpp"
#include "storage/state_machine.hpp"
#include "storage/table_view.hpp"

namespace dip::test {

apply_outcome machine::apply(command what) {
  ++last_.value;
  const auto before = kv_->snapshot();
  const auto batch = kv_->batch();
  table_changes rows{*before, *batch};
  auto outcome = dip::apply(here, {last_, {1}, now_, std::move(what)}, rows);
  batch->put(family::meta, applied_key(here), encode(applied_row{last_, now_}));
  REQUIRE(kv_->write(*batch, false));
  return outcome;
}

std::unique_ptr<state_view> machine::view() const { return make_table_view(kv_->snapshot(), here); }

void machine::mark_installing() {
  const auto batch = kv_->batch();
  batch->put(family::meta, installing_key(here), encode(snapshot_mark{}));
  REQUIRE(kv_->write(*batch, false));
}

object_row a_file(bucket in, std::string_view extension) {
  object_row row;
  row.name = {in, ulid::make(wall_time{milliseconds{5}}, here).text() + "." + std::string{extension}};
  row.size = 10;
  row.sha256 = "abc";
  row.expires_at = wall_time{milliseconds{1'500'000}};
  return row;
}

object_row machine::upload() {
  auto row = a_file(bucket::request_files);
  REQUIRE(apply(put_object{row}).verdict);
  return row;
}

request_record machine::accept(const object_row& input, const std::string& email,
                               const std::string& webhook) {
  request_record r;
  r.id = {ulid::make(now_, here)};
  r.file = input.name;
  r.email = email;
  r.webhook = webhook;
  REQUIRE(apply(accept_request{r}).verdict);
  return r;
}

claim machine::lease(queue_name from) {
  for (const auto& m : messages(from)) {
    if (m.leased || m.visible_at > now_) continue;
    const fencing_token token{1, ++counter_};
    const auto out = apply(grant_leases{from, "n1", {{m.ref.id, token}}});
    REQUIRE(out.queues.size() == 1);
    return {m.ref, token, "n1", "worker 1", 7};
  }
  FAIL("no message is ready");
  return {};
}

object_row machine::preprocess(const request_record&) {
  auto row = a_file(bucket::preprocessed_files, "tiff");
  row.sha256.clear();
  row.xxh3 = 42;
  REQUIRE(apply(complete_preprocess{lease(queue_name::request), row}).verdict);
  return row;
}

complete_process processed_by(const claim& by, wall_time now) {
  complete_process c;
  c.by = by;
  c.objects.push_back(a_file(bucket::processed_files));
  c.outputs.push_back({"web", c.objects.front().name, image_format::jpeg, 4, 3, 10});
  c.record_expires_at = now + milliseconds{100'000};
  c.preprocessed_expires_at = now + milliseconds{10'000};
  return c;
}

fail_request failed_by(const claim& by, bool dead, wall_time now) {
  return {by,
          {errc::invalid_image, "cut off", "preprocess"},
          dead,
          now + milliseconds{100'000},
          now + milliseconds{10'000}};
}

apply_outcome machine::process(const request_record&) {
  auto out = apply(processed_by(lease(queue_name::preprocess_ok), now_));
  REQUIRE(out.verdict);
  return out;
}

std::vector<queue_message> machine::messages(queue_name in, bool dead) const {
  std::vector<queue_message> found;
  view()->each_message(in, dead, {}, [&](const queue_message& m) {
    found.push_back(m);
    return true;
  });
  return found;
}

}  // namespace dip::test
