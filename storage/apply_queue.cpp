#include "storage/applier.hpp"
#include "storage/keys.hpp"

namespace dip {
namespace {

void count_attempt(request_record& r, message_kind kind) {
  switch (kind) {
    case message_kind::preprocess: ++r.preprocess_attempts; break;
    case message_kind::process: ++r.process_attempts; break;
    case message_kind::email:
    case message_kind::webhook: ++r.notify_attempts; break;
  }
}

}  // namespace

result<void> applier::on(const grant_leases& c) {
  for (const auto& g : c.grants) {
    auto m = message({p_, c.queue, g.id});
    if (!m || m->leased || m->visible_at > entry_.at) continue;
    auto r = request(m->request);
    m->leased = lease{g.token, c.node, entry_.at};
    ++m->acquired;
    keep(*m, queue_change::kind::leased);
    if (!r) continue;
    count_attempt(*r, m->kind);
    if (m->kind == message_kind::preprocess || m->kind == message_kind::process)
      advance(*r, {entry_.at,
                   m->kind == message_kind::preprocess ? request_status::preprocessing
                                                       : request_status::processing,
                   c.node.substr(0, c.node.find('#')), "", 0});
    save(std::move(*r), static_cast<topic_name>(c.queue));
  }
  out_.request.reset();
  return {};
}

result<void> applier::on(const return_message& c) {
  auto m = claimed(c.by);
  if (!m) return tl::make_unexpected(m.error());
  m->leased.reset();
  if (c.counted) ++m->failed;
  m->visible_at = entry_.at + c.delay;
  remember(*m, {entry_.at, c.by.node, c.why.code, c.why.detail, c.counted});
  keep(*m, queue_change::kind::returned);
  return {};
}

result<void> applier::on(const settle_notification& c) {
  auto m = claimed(c.by);
  if (!m) return tl::make_unexpected(m.error());
  if (is_stage(m->kind)) return fail(errc::conflict, "the message is no notification");
  auto r = request(m->request);
  if (!r) return fail(errc::stale_lease, "the request is gone");
  if (c.dead)
    bury(*m, {entry_.at, c.by.node, errc::internal, c.detail, true});
  else
    drop(*m, *r);
  if (m->run != r->run) {  // it told of an earlier run
    save(std::move(*r), topic_name::notifier);
    return {};
  }
  const bool webhook = m->kind == message_kind::webhook;
  (webhook ? r->webhook_state : r->email_state) = c.state;
  (webhook ? r->webhook_detail : r->notification_detail) = c.detail;
  save(std::move(*r), topic_name::notifier);
  return {};
}

}  // namespace dip
