#include "storage/applier.hpp"

#include <variant>

#include "storage/keys.hpp"

namespace dip {
namespace {

constexpr size_t history_kept = 10;

}  // namespace

apply_outcome applier::run() {
  out_.verdict = std::visit([this](const auto& c) { return on(c); }, entry_.what);
  return std::move(out_);
}

std::optional<request_record> applier::request(const request_id& id) const {
  return rows_.load<request_record>(family::requests, keys::of_request(id));
}

std::optional<queue_message> applier::message(const message_ref& ref) const {
  return rows_.load<queue_message>(family::queues, keys::of_message(ref, false));
}

result<queue_message> applier::claimed(const claim& by) const {
  auto m = by.message.partition == p_ ? message(by.message) : std::nullopt;
  if (!m || !m->leased || m->leased->token != by.token)
    return fail(errc::stale_lease, "the lease is not held any more");
  return std::move(*m);
}

result<std::pair<queue_message, request_record>> applier::claimed_stage(
    const claim& by, std::optional<message_kind> kind) const {
  auto m = claimed(by);
  if (!m) return tl::make_unexpected(m.error());
  if (!is_stage(m->kind) || (kind && m->kind != *kind))
    return fail(errc::conflict, "a message of another stage");
  auto r = request(m->request);
  if (!r || is_final(r->status)) return fail(errc::stale_lease, "the request has ended");
  return std::pair{std::move(*m), std::move(*r)};
}

void applier::save(request_record r, topic_name topic) {
  r.updated_at = entry_.at;
  rows_.store(family::requests, keys::of_request(r.id), r);
  out_.requests.push_back({topic, r});
  out_.request = std::move(r);
}

message_ref applier::enqueue(request_record& r, queue_name q, message_kind kind) {
  ++r.messages;
  queue_message m;
  m.ref = {p_, q, {(entry_.index.value << 8) + ordinal_++}};
  m.kind = kind;
  m.request = r.id;
  m.run = r.run;
  m.enqueued_at = m.visible_at = entry_.at;
  keep(m, queue_change::kind::added);
  return m.ref;
}

void applier::keep(const queue_message& m, queue_change::kind what) {
  rows_.store(family::queues, keys::of_message(m.ref, false), m);
  out_.queues.push_back({what, m});
}

void applier::drop(const queue_message& m, request_record& of) {
  if (of.messages > 0) --of.messages;
  rows_.remove(family::queues, keys::of_message(m.ref, m.dead));
  out_.queues.push_back({queue_change::kind::removed, m});
}

void applier::remember(queue_message& m, attempt_record a) {
  if (m.history.size() == history_kept) m.history.erase(m.history.begin());
  m.history.push_back(std::move(a));
}

void applier::bury(queue_message m, attempt_record why) {
  rows_.remove(family::queues, keys::of_message(m.ref, false));
  m.leased.reset();
  m.dead = true;
  m.dead_at = entry_.at;
  ++m.failed;
  remember(m, std::move(why));
  rows_.store(family::queues, keys::of_message(m.ref, true), m);
  out_.queues.push_back({queue_change::kind::died, m});
}

void applier::finish(request_record& r, wall_time expires_at, wall_time preprocessed_expires_at) {
  r.expires_at = expires_at;
  r.work.reset();
  count_live(r, false);
  if (r.preprocessed) {
    r.preprocessed->expires_at = preprocessed_expires_at;
    const auto key = keys::of_object(r.preprocessed->name);
    if (auto row = rows_.load<object_row>(family::objects, key)) {
      row->expires_at = preprocessed_expires_at;
      rows_.store(family::objects, key, *row);
    }
  }
}

void applier::notify(request_record& r) {
  if (!r.email.empty()) enqueue(r, queue_name::notifier, message_kind::email);
  if (!r.webhook.empty()) enqueue(r, queue_name::notifier, message_kind::webhook);
}

void applier::unpin(request_record& r) {
  if (r.unpinned) return;
  r.unpinned = true;
  const auto key = keys::of_object(r.file);
  if (auto row = rows_.load<object_row>(family::objects, key); row && row->pins > 0) {
    --row->pins;
    rows_.store(family::objects, key, *row);
  }
}

bool applier::pin_again(request_record& r) {
  const auto key = keys::of_object(r.file);
  auto row = rows_.load<object_row>(family::objects, key);
  if (!row) return false;
  if (!r.unpinned) return true;
  r.unpinned = false;
  ++row->pins;
  rows_.store(family::objects, key, *row);
  return true;
}

void applier::count_live(const request_record& r, bool more) {
  if (r.caller.empty()) return;
  const auto key = keys::of_caller(p_, r.caller);
  auto row = rows_.load<caller_row>(family::callers, key).value_or(caller_row{});
  row.live += more ? 1U : row.live > 0 ? -1U : 0U;
  if (row.live > 0)
    rows_.store(family::callers, key, row);
  else
    rows_.remove(family::callers, key);
}

object_row applier::put_row(object_row row) {
  row.created_at = entry_.at;
  row.pins = 0;
  rows_.store(family::objects, keys::of_object(row.name), row);
  return row;
}

void applier::drop_object(const object_name& name) {
  rows_.remove(family::objects, keys::of_object(name));
  out_.removed_objects.push_back(name);
}

}  // namespace dip
