#include "storage/applier.hpp"
#include "storage/keys.hpp"

namespace dip {

result<void> applier::on(const accept_request& c) {
  if (auto there = request(c.record.id)) {
    out_.request = std::move(there);
    return {};
  }
  if (c.record.id.partition() != p_ || c.record.file.partition() != p_)
    return fail(errc::conflict, "a request lives in its file's partition, and this is another");
  const auto input_key = keys::of_object(c.record.file);
  auto input = rows_.load<object_row>(family::objects, input_key);
  if (!input) return fail(errc::not_found, "no such file", "/file");
  ++input->pins;
  rows_.store(family::objects, input_key, *input);
  auto r = c.record;
  r.status = request_status::accepted;
  r.unpinned = false;
  r.messages = 0;
  r.created_at = r.updated_at = entry_.at;
  if (r.timeline.empty()) r.timeline.emplace_back();
  r.timeline.resize(1);
  r.timeline.front().at = entry_.at;
  r.timeline.front().status = request_status::accepted;
  if (!r.email.empty()) r.email_state = notification_state::pending;
  if (!r.webhook.empty()) r.webhook_state = notification_state::pending;
  r.work = enqueue(r, queue_name::request, message_kind::preprocess);
  count_live(r, true);
  save(std::move(r), topic_name::request);
  return {};
}

result<void> applier::on(const cancel_request& c) {
  auto r = request(c.id);
  if (!r) return fail(errc::not_found, "no such request");
  if (is_final(r->status)) {
    out_.request = r;
    return fail(errc::conflict, "the request is " + std::string{to_string(r->status)} + " already");
  }
  if (r->work)
    if (const auto m = message(*r->work)) drop(*m, *r);
  advance(*r, {entry_.at, request_status::cancelled, "", "", 0});
  r->email_state = r->webhook_state = notification_state::none;
  finish(*r, c.record_expires_at, entry_.at);
  unpin(*r);
  save(std::move(*r), topic_name::notifier);
  return {};
}

}  // namespace dip
