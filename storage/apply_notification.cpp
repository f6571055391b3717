#include "storage/applier.hpp"
#include "storage/keys.hpp"

namespace dip {

result<void> applier::on(const suppress_address& c) {
  const auto key = keys::of_suppression(p_, c.row.address);
  if (rows_.load<suppression_row>(family::suppressions, key)) return {};
  auto row = c.row;
  row.since = entry_.at;
  rows_.store(family::suppressions, key, row);
  return {};
}

result<void> applier::on(const clear_suppression& c) {
  const auto key = keys::of_suppression(p_, c.address);
  if (!rows_.load<suppression_row>(family::suppressions, key))
    return fail(errc::not_found, "this address is not suppressed");
  rows_.remove(family::suppressions, key);
  return {};
}

result<void> applier::on(const resend_notification& c) {
  auto r = request(c.id);
  if (!r) return fail(errc::not_found, "no such request");
  out_.request = r;
  if (!is_final(r->status)) return fail(errc::conflict, "the request is not final yet");
  bool wanted = false, any = false;
  const auto again = [&](notification_state& state, std::string& detail, message_kind kind) {
    if (state == notification_state::none) return;
    wanted = true;
    if (state == notification_state::pending) return;
    any = true;
    state = notification_state::pending;
    detail.clear();
    enqueue(*r, queue_name::notifier, kind);
  };
  again(r->email_state, r->notification_detail, message_kind::email);
  again(r->webhook_state, r->webhook_detail, message_kind::webhook);
  if (!wanted) return fail(errc::conflict, "the request has no notification");
  if (!any) return fail(errc::conflict, "the notification is on its way already");
  save(std::move(*r), topic_name::notifier);
  return {};
}

}  // namespace dip
