#include "storage/applier.hpp"
#include "storage/keys.hpp"

namespace dip {

result<void> applier::on(const remove_expired& c) {
  for (const auto& ref : c.dead_letters) discard(ref);
  for (const auto& id : c.requests) remove_request(id);
  for (const auto& name : c.objects) {
    const auto row = rows_.load<object_row>(family::objects, keys::of_object(name));
    if (row && row->pins == 0 && over(row->expires_at)) drop_object(name);
  }
  for (const auto& key : c.idempotency_keys) {
    const auto at = keys::of_idempotency(p_, key);
    const auto row = rows_.load<idempotency_row>(family::idempotency, at);
    if (row && over(row->expires_at)) rows_.remove(family::idempotency, at);
  }
  for (const auto& id : c.audit) rows_.remove(family::steering, keys::of_audit(p_, id));
  return {};
}

void applier::discard(const message_ref& ref) {
  if (ref.partition != p_) return;
  const auto m = rows_.load<queue_message>(family::queues, keys::of_message(ref, true));
  if (!m) return;
  auto r = request(m->request).value_or(request_record{});
  drop(*m, r);
  if (r.id != m->request) return;
  // Of an earlier run it pins nothing any more.
  if (is_stage(m->kind) && is_final(r.status) && m->run == r.run) {
    unpin(r);
    r.work.reset();
  }
  rows_.store(family::requests, keys::of_request(r.id), r);
}

void applier::remove_request(const request_id& id) {
  auto r = request(id);
  if (!r || !is_final(r->status) || !over(r->expires_at) || r->messages > 0) return;
  unpin(*r);
  rows_.remove(family::requests, keys::of_request(id));
}

result<void> applier::on(const reserve_idempotency& c) {
  const auto at = keys::of_idempotency(p_, c.row.key);
  auto there = rows_.load<idempotency_row>(family::idempotency, at);
  if (there && !over(there->expires_at)) {
    if (there->body_hash != c.row.body_hash)
      return fail(errc::idempotency_mismatch, "this Idempotency-Key was used with another body");
    if (c.instead_of == request_id{} || there->id != c.instead_of) {
      out_.idempotency = std::move(there);
      return {};
    }
  }
  rows_.store(family::idempotency, at, c.row);
  out_.idempotency = c.row;
  return {};
}

}  // namespace dip
