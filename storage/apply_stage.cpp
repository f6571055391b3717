#include "storage/applier.hpp"
#include "storage/keys.hpp"

namespace dip {

result<void> applier::on(const complete_preprocess& c) {
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

result<void> applier::on(const complete_process& c) {
  auto claimed = claimed_stage(c.by, message_kind::process);
  if (!claimed) return tl::make_unexpected(claimed.error());
  auto& [m, r] = *claimed;
  drop(m, r);
  for (auto row : c.objects) {
    row.made_by = r.id;
    out_.stored_objects.push_back(row.name);
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

result<void> applier::on(const fail_request& c) {
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
  if (c.dead) r.work = m.ref;
  notify(r);
  save(std::move(r), topic_name::notifier);
  return {};
}

result<void> applier::on(const redo_preprocess& c) {
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

}  // namespace dip
