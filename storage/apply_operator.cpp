#include <string>
#include <utility>

#include "storage/applier.hpp"
#include "storage/keys.hpp"

namespace dip {

std::optional<queue_message> applier::dead_letter(const message_ref& ref) const {
  return ref.partition == p_ ? rows_.load<queue_message>(family::queues, keys::of_message(ref, true))
                             : std::nullopt;
}

result<void> applier::run_again(request_record r, const queue_message* dead) {
  if (!pin_again(r)) return fail(errc::conflict, "its input is gone");
  if (dead != nullptr) drop(*dead, r);
  // What the stage before has made may have been let go of meanwhile.
  const bool kept = dead != nullptr && dead->kind == message_kind::process && r.preprocessed &&
                    rows_.load<object_row>(family::objects, keys::of_object(r.preprocessed->name));
  if (kept) {
    r.preprocessed->expires_at = {};
    const auto key = keys::of_object(r.preprocessed->name);
    auto row = *rows_.load<object_row>(family::objects, key);
    row.expires_at = {};
    rows_.store(family::objects, key, row);
  } else {
    r.preprocessed.reset();
  }
  ++r.run;
  r.status = kept ? request_status::preprocessed : request_status::accepted;
  r.timeline.push_back({entry_.at, r.status, "", "", 0});
  r.failure.reset();
  r.expires_at = {};
  r.notification_detail.clear();
  r.webhook_detail.clear();
  if (!r.email.empty()) r.email_state = notification_state::pending;
  if (!r.webhook.empty()) r.webhook_state = notification_state::pending;
  r.work = kept ? enqueue(r, queue_name::preprocess_ok, message_kind::process)
                : enqueue(r, queue_name::request, message_kind::preprocess);
  count_live(r, true);
  save(std::move(r), kept ? topic_name::preprocess_ok : topic_name::request);
  return {};
}

result<void> applier::redrive_notification(queue_message m, request_record r) {
  const bool webhook = m.kind == message_kind::webhook;
  auto& state = webhook ? r.webhook_state : r.email_state;
  if (state == notification_state::pending) return fail(errc::conflict, "it is on its way already");
  rows_.remove(family::queues, keys::of_message(m.ref, true));
  out_.queues.push_back({queue_change::kind::removed, m});
  m.dead = false;
  m.dead_at = {};
  m.failed = 0;
  m.enqueued_at = m.visible_at = entry_.at;
  keep(m, queue_change::kind::added);
  state = notification_state::pending;
  (webhook ? r.webhook_detail : r.notification_detail).clear();
  save(std::move(r), topic_name::notifier);
  return {};
}

result<void> applier::redrive(const message_ref& ref) {
  const auto m = dead_letter(ref);
  if (!m) return fail(errc::not_found, "it is no dead letter");
  auto r = request(m->request);
  if (!r) return fail(errc::conflict, "its request is gone");
  if (m->run != r->run) return fail(errc::conflict, "its request has been run again since");
  if (!is_stage(m->kind)) return redrive_notification(*m, std::move(*r));
  if (r->status != request_status::failed)
    return fail(errc::conflict, "its request is " + std::string{to_string(r->status)});
  return run_again(std::move(*r), &*m);
}

result<void> applier::on(const redrive_dead_letters& c) {
  for (const auto& id : c.ids) {
    const auto done = redrive({p_, c.queue, id});
    if (done)
      ++out_.redriven;
    else
      out_.refused.push_back({id, done.error().code, done.error().detail});
  }
  out_.request.reset();
  return {};
}

result<void> applier::on(const discard_dead_letter& c) {
  if (!dead_letter(c.message)) return fail(errc::not_found, "it is no dead letter");
  discard(c.message);
  return {};
}

result<void> applier::on(const retry_request& c) {
  auto r = request(c.id);
  if (!r) return fail(errc::not_found, "no such request");
  if (r->status != request_status::failed) {
    out_.request = r;
    return fail(errc::conflict, "the request is " + std::string{to_string(r->status)});
  }
  const auto dead = r->work ? dead_letter(*r->work) : std::nullopt;
  return run_again(std::move(*r), dead ? &*dead : nullptr);
}

result<void> applier::on(const pause_queue& c) {
  const auto key = keys::of_pause(p_, c.queue);
  const bool was = rows_.load<pause_row>(family::steering, key).has_value();
  if (was == c.paused) return {};
  if (c.paused)
    rows_.store(family::steering, key, pause_row{entry_.at});
  else
    rows_.remove(family::steering, key);
  queue_message none;
  none.ref = {p_, c.queue, {}};
  out_.queues.push_back({c.paused ? queue_change::kind::paused : queue_change::kind::resumed, none});
  return {};
}

result<void> applier::on(const note_audit& c) {
  const auto key = keys::of_audit(p_, c.row.id);
  if (rows_.load<audit_row>(family::steering, key)) return {};
  auto row = c.row;
  row.at = entry_.at;
  rows_.store(family::steering, key, row);
  return {};
}

}  // namespace dip
