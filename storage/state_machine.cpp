#include "storage/state_machine.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "storage/keys.hpp"

namespace dip {
namespace {

constexpr size_t history_kept = 10;

// One entry being applied. A member function per command; what they share below them.
class applier {
public:
  applier(partition_id p, const log_entry& entry, table_changes& rows) : p_(p), entry_(entry), rows_(rows) {
    out_.index = entry.index;
  }

  apply_outcome run() {
    out_.verdict = std::visit([this](const auto& c) { return on(c); }, entry_.what);
    return std::move(out_);
  }

private:
  result<void> on(const barrier&) { return {}; }

  result<void> on(const put_object& c) {
    const auto there = rows_.load<object_row>(family::objects, keys::of_object(c.row.name));
    if (!there) {
      put_row(c.row);
      return {};
    }
    // The same bytes again: a proposer that did not hear the answer to its first try.
    const bool same = there->size == c.row.size && there->sha256 == c.row.sha256 && there->xxh3 == c.row.xxh3;
    if (!same) return fail(errc::conflict, "an object with this key exists");
    return {};
  }

  result<void> on(const delete_object& c) {
    const auto row = rows_.load<object_row>(family::objects, keys::of_object(c.name));
    if (!row) return fail(errc::not_found, "no such file");
    if (row->pins > 0) return fail(errc::conflict, "a request still needs this file");
    drop_object(c.name);
    return {};
  }

  result<void> on(const accept_request& c) {
    if (auto there = request(c.record.id)) {
      out_.request = std::move(there);
      return {};
    }
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
    save(std::move(r), topic_name::request);
    return {};
  }

  result<void> on(const grant_leases& c) {
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

  result<void> on(const complete_preprocess& c) {
    auto claimed = claimed_stage(c.by, message_kind::preprocess);
    if (!claimed) return tl::make_unexpected(claimed.error());
    auto& [m, r] = *claimed;
    drop(m, r);
    if (r.preprocessed) drop_object(r.preprocessed->name);
    auto row = c.preprocessed;
    row.made_by = r.id;
    row.node = c.by.node;
    row.expires_at = {};  // it is needed until the request is final
    r.preprocessed = put_row(std::move(row));
    advance(r, {entry_.at, request_status::preprocessed, c.by.node, c.by.worker, c.by.took_ms});
    r.work = enqueue(r, queue_name::preprocess_ok, message_kind::process);
    save(std::move(r), topic_name::preprocess_ok);
    return {};
  }

  result<void> on(const complete_process& c) {
    auto claimed = claimed_stage(c.by, message_kind::process);
    if (!claimed) return tl::make_unexpected(claimed.error());
    auto& [m, r] = *claimed;
    drop(m, r);
    for (auto row : c.objects) {
      row.made_by = r.id;
      put_row(std::move(row));
    }
    r.outputs = c.outputs;
    r.preview = c.preview;
    advance(r, {entry_.at, request_status::processed, c.by.node, c.by.worker, c.by.took_ms});
    finish(r, c.record_expires_at, c.preprocessed_expires_at);
    unpin(r);
    notify(r);
    save(std::move(r), topic_name::notifier);
    return {};
  }

  result<void> on(const fail_request& c) {
    auto claimed = claimed_stage(c.by, std::nullopt);
    if (!claimed) return tl::make_unexpected(claimed.error());
    auto& [m, r] = *claimed;
    if (c.dead) {
      bury(m, {entry_.at, c.by.node, c.failure.code, c.failure.detail, true});
    } else {
      drop(m, r);
      unpin(r);
    }
    r.failure = c.failure;
    advance(r, {entry_.at, request_status::failed, c.by.node, c.by.worker, c.by.took_ms});
    finish(r, c.record_expires_at, c.preprocessed_expires_at);
    notify(r);
    save(std::move(r), topic_name::notifier);
    return {};
  }

  result<void> on(const return_message& c) {
    auto m = claimed(c.by);
    if (!m) return tl::make_unexpected(m.error());
    m->leased.reset();
    if (c.counted) ++m->failed;
    m->visible_at = entry_.at + c.delay;
    remember(*m, {entry_.at, c.by.node, c.why.code, c.why.detail, c.counted});
    keep(*m, queue_change::kind::returned);
    return {};
  }

  result<void> on(const redo_preprocess& c) {
    auto claimed = claimed_stage(c.by, message_kind::process);
    if (!claimed) return tl::make_unexpected(claimed.error());
    auto& [m, r] = *claimed;
    drop(m, r);
    if (r.preprocessed) drop_object(r.preprocessed->name);
    r.preprocessed.reset();
    r.work = enqueue(r, queue_name::request, message_kind::preprocess);
    save(std::move(r), topic_name::request);
    return {};
  }

  result<void> on(const settle_notification& c) {
    auto m = claimed(c.by);
    if (!m) return tl::make_unexpected(m.error());
    if (is_stage(m->kind)) return fail(errc::conflict, "the message is no notification");
    auto r = request(m->request);
    if (!r) return fail(errc::stale_lease, "the request is gone");
    if (c.dead)
      bury(*m, {entry_.at, c.by.node, errc::internal, c.detail, true});
    else
      drop(*m, *r);
    (m->kind == message_kind::webhook ? r->webhook_state : r->email_state) = c.state;
    r->notification_detail = c.detail;
    save(std::move(*r), topic_name::notifier);
    return {};
  }

  result<void> on(const cancel_request& c) {
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

  result<void> on(const remove_expired& c) {
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
    return {};
  }

  result<void> on(const reserve_idempotency& c) {
    const auto at = keys::of_idempotency(p_, c.row.key);
    auto there = rows_.load<idempotency_row>(family::idempotency, at);
    if (there && !over(there->expires_at)) {
      if (there->body_hash != c.row.body_hash)
        return fail(errc::idempotency_mismatch, "this Idempotency-Key was used with another body");
      out_.idempotency = std::move(there);
      return {};
    }
    rows_.store(family::idempotency, at, c.row);
    out_.idempotency = c.row;
    return {};
  }

  [[nodiscard]] bool over(wall_time t) const { return t != wall_time{} && t <= entry_.at; }

  [[nodiscard]] std::optional<request_record> request(const request_id& id) const {
    return rows_.load<request_record>(family::requests, keys::of_request(id));
  }
  [[nodiscard]] std::optional<queue_message> message(const message_ref& ref) const {
    return rows_.load<queue_message>(family::queues, keys::of_message(ref, false));
  }

  // The message that the claim's token holds. Anybody else comes too late.
  [[nodiscard]] result<queue_message> claimed(const claim& by) const {
    auto m = by.message.partition == p_ ? message(by.message) : std::nullopt;
    if (!m || !m->leased || m->leased->token != by.token)
      return fail(errc::stale_lease, "the lease is not held any more");
    return std::move(*m);
  }

  [[nodiscard]] static bool is_stage(message_kind k) {
    return k == message_kind::preprocess || k == message_kind::process;
  }

  // The same with its live request, for a stage's message, of that kind if one is given.
  [[nodiscard]] result<std::pair<queue_message, request_record>> claimed_stage(
      const claim& by, std::optional<message_kind> kind) const {
    auto m = claimed(by);
    if (!m) return tl::make_unexpected(m.error());
    if (!is_stage(m->kind) || (kind && m->kind != *kind))
      return fail(errc::conflict, "a message of another stage");
    auto r = request(m->request);
    if (!r || is_final(r->status)) return fail(errc::stale_lease, "the request has ended");
    return std::pair{std::move(*m), std::move(*r)};
  }

  void save(request_record r, topic_name topic) {
    r.updated_at = entry_.at;
    rows_.store(family::requests, keys::of_request(r.id), r);
    out_.requests.push_back({topic, r});
    out_.request = std::move(r);
  }

  message_ref enqueue(request_record& r, queue_name q, message_kind kind) {
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

  void keep(const queue_message& m, queue_change::kind what) {
    rows_.store(family::queues, keys::of_message(m.ref, false), m);
    out_.queues.push_back({what, m});
  }

  void drop(const queue_message& m, request_record& of) {
    if (of.messages > 0) --of.messages;
    rows_.remove(family::queues, keys::of_message(m.ref, m.dead));
    out_.queues.push_back({queue_change::kind::removed, m});
  }

  static void remember(queue_message& m, attempt_record a) {
    if (m.history.size() == history_kept) m.history.erase(m.history.begin());
    m.history.push_back(std::move(a));
  }

  void bury(queue_message m, attempt_record why) {
    rows_.remove(family::queues, keys::of_message(m.ref, false));
    m.leased.reset();
    m.dead = true;
    m.dead_at = entry_.at;
    ++m.failed;
    remember(m, std::move(why));
    rows_.store(family::queues, keys::of_message(m.ref, true), m);
    out_.queues.push_back({queue_change::kind::died, m});
  }

  // Without its dead letter a stage cannot be redriven: the input is free to go.
  void discard(const message_ref& ref) {
    if (ref.partition != p_) return;
    const auto m = rows_.load<queue_message>(family::queues, keys::of_message(ref, true));
    if (!m) return;
    auto r = request(m->request).value_or(request_record{});
    drop(*m, r);
    if (r.id != m->request) return;
    if (is_stage(m->kind) && is_final(r.status)) unpin(r);
    rows_.store(family::requests, keys::of_request(r.id), r);
  }

  // Its messages go first: without the record nothing could be made of them.
  void remove_request(const request_id& id) {
    auto r = request(id);
    if (!r || !is_final(r->status) || !over(r->expires_at) || r->messages > 0) return;
    unpin(*r);
    rows_.remove(family::requests, keys::of_request(id));
  }

  static void count_attempt(request_record& r, message_kind kind) {
    switch (kind) {
      case message_kind::preprocess: ++r.preprocess_attempts; break;
      case message_kind::process: ++r.process_attempts; break;
      case message_kind::email:
      case message_kind::webhook: ++r.notify_attempts; break;
    }
  }

  void finish(request_record& r, wall_time expires_at, wall_time preprocessed_expires_at) {
    r.expires_at = expires_at;
    r.work.reset();
    if (r.preprocessed) {
      r.preprocessed->expires_at = preprocessed_expires_at;
      const auto key = keys::of_object(r.preprocessed->name);
      if (auto row = rows_.load<object_row>(family::objects, key)) {
        row->expires_at = preprocessed_expires_at;
        rows_.store(family::objects, key, *row);
      }
    }
  }

  void notify(request_record& r) {
    if (!r.email.empty()) enqueue(r, queue_name::notifier, message_kind::email);
    if (!r.webhook.empty()) enqueue(r, queue_name::notifier, message_kind::webhook);
  }

  void unpin(request_record& r) {
    if (r.unpinned) return;
    r.unpinned = true;
    const auto key = keys::of_object(r.file);
    if (auto row = rows_.load<object_row>(family::objects, key); row && row->pins > 0) {
      --row->pins;
      rows_.store(family::objects, key, *row);
    }
  }

  object_row put_row(object_row row) {
    row.created_at = entry_.at;
    row.pins = 0;
    rows_.store(family::objects, keys::of_object(row.name), row);
    return row;
  }

  void drop_object(const object_name& name) {
    rows_.remove(family::objects, keys::of_object(name));
    out_.removed_objects.push_back(name);
  }

  partition_id p_;
  const log_entry& entry_;
  table_changes& rows_;
  apply_outcome out_;
  std::uint64_t ordinal_ = 0;
};

}  // namespace

apply_outcome apply(partition_id p, const log_entry& entry, table_changes& rows) {
  return applier{p, entry, rows}.run();
}

}  // namespace dip
