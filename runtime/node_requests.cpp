#include "runtime/node_requests.hpp"

#include <utility>

#include "core/operation_table.hpp"
#include "notify/mail.hpp"
#include "notify/webhook.hpp"
#include "storage/hashed_partition.hpp"
#include "storage/object_bytes.hpp"

namespace dip {
result<object_row> node_requests::input_of(const std::string& file) const {
  std::vector<std::string> origins{public_url_};
  for (const auto& n : nodes_of(env_)) origins.push_back(n.origin());
  const auto name = parse_file_reference(file, origins);
  if (!name) return tl::make_unexpected(name.error());
  if (name->partition().value >= env_.store->partitions())
    return fail(errc::not_found, "no such file", "/file");
  auto row = rows_.object(*name);
  if (!row && row.error().code == errc::not_found) return fail(errc::not_found, "no such file", "/file");
  return row;
}

result<void> node_requests::check_watermarks(const recipe& what) const {
  const auto check = [&](const std::vector<operation>& list, const std::string& pointer) -> result<void> {
    for (size_t i = 0; i < list.size(); ++i) {
      if (list[i].op != "watermark") continue;
      const auto at = pointer + "/" + std::to_string(i) + "/file";
      const auto name = parse_key(bucket::request_files, text_param(list[i], "file"));
      if (!name || !rows_.knows(name->partition()))
        return fail(errc::not_found, "the watermark is no file in rtp-request-files", at);
      if (const auto row = rows_.object(*name); !row && row.error().code == errc::not_found)
        return fail(errc::not_found, "the watermark is no file in rtp-request-files", at);
      else if (!row)
        return tl::make_unexpected(row.error());
    }
    return {};
  };
  if (auto ok = check(what.operations, "/operations"); !ok) return ok;
  for (size_t i = 0; i < what.outputs.size(); ++i)
    if (auto ok = check(what.outputs[i].operations, "/outputs/" + std::to_string(i) + "/operations"); !ok)
      return ok;
  return {};
}

// What another libvips than this node's could write.
result<void> node_requests::check_formats(const job_plan& plan) const {
  for (size_t i = 0; i < plan.outputs.size(); ++i)
    if (const auto format = plan.outputs[i].format; !codecs_.can_write(format))
      return fail(errc::invalid_operation,
                  std::string{spec_of(format).name} + " cannot be written on this node",
                  "/outputs/" + std::to_string(i) + "/format");
  return {};
}

result<void> node_requests::check_notify(const process_request& what) const {
  if (!what.email.empty())
    if (auto ok = check_address(what.email); !ok)
      return fail(errc::invalid_operation, ok.error().detail, "/notify/email");
  if (!what.language.empty() && !templates_.has(what.language)) {
    std::string known;
    for (const auto& l : templates_.languages()) known += (known.empty() ? "" : ", ") + l;
    return fail(errc::invalid_operation, "must be one of " + known, "/notify/language");
  }
  if (what.webhook.empty()) return {};
  if (env_.cfg->security.webhook_secret_file.empty())
    return fail(errc::invalid_operation, "no webhooks are sent here: security.webhook_secret_file is not set",
                "/notify/webhook");
  if (auto ok = check_webhook(what.webhook, env_.cfg->webhooks); !ok)
    return fail(errc::invalid_operation, ok.error().detail, "/notify/webhook");
  return {};
}

result<request_record> node_requests::make_record(const process_request& what) const {
  const auto input = input_of(what.file);
  if (!input) return tl::make_unexpected(input.error());
  if (auto ok = check_watermarks(what.what); !ok) return tl::make_unexpected(ok.error());
  if (auto ok = check_notify(what); !ok) return tl::make_unexpected(ok.error());
  auto plan = make_plan(input->header, what.what, env_.cfg->limits);
  if (!plan) return tl::make_unexpected(plan.error());
  if (auto ok = check_formats(*plan); !ok) return tl::make_unexpected(ok.error());
  if (auto ok = check_prediction(*plan, env_.cfg->limits, env_.cfg->workers.timeout); !ok)
    return tl::make_unexpected(ok.error());
  request_record r;
  r.id = {ulid::make(env_.time->wall(), input->name.partition())};
  r.file = input->name;
  r.file_name = input->original_name.empty() ? input->name.key : input->original_name;
  r.what = what.what;
  r.preset = what.preset;
  r.plan = std::move(*plan);
  r.email = what.email;
  r.webhook = what.webhook;
  r.language = what.language;
  r.metadata_json = what.metadata_json;
  r.timeline.push_back({{}, request_status::accepted, env_.node, "", 0});
  return r;
}

// What an Idempotency-Key stands for already; nothing: nobody has used it, or not for as long as it is kept.
result<std::optional<idempotency_row>> node_requests::reserved(const std::string& key,
                                                               const std::string& body_hash) const {
  const auto p = partition_of_sha256(key, env_.store->partitions());
  auto row = rows_.idempotency(p, key);
  if (!row && row.error().code == errc::not_found) return std::nullopt;
  if (!row) return tl::make_unexpected(row.error());
  if (row->expires_at <= env_.time->wall()) return std::nullopt;
  if (row->body_hash != body_hash)
    return fail(errc::idempotency_mismatch, "this Idempotency-Key was used with another body");
  return std::optional{std::move(*row)};
}

// The row that holds afterwards: of those who come at once with the same key, one wins.
result<idempotency_row> node_requests::reserve(const request_record& r, const std::string& key,
                                               const std::string& body_hash,
                                               const request_id& instead_of) const {
  idempotency_row row;
  row.key = key;
  row.body_hash = body_hash;
  row.id = r.id;
  row.file = r.file;
  row.expires_at = env_.time->wall() + env_.cfg->retention.idempotency;
  auto held = ask_.propose_to(partition_of_sha256(key, env_.store->partitions()),
                              reserve_idempotency{std::move(row), instead_of});
  if (!held) return tl::make_unexpected(held.error());
  if (!held->idempotency) return fail(errc::internal, "the reservation was not answered");
  return std::move(*held->idempotency);
}

result<void> node_requests::check_live(const http::caller& by) const {
  if (by.requests == 0) return {};
  const auto live = rows_.live(by.name);
  if (!live) return tl::make_unexpected(live.error());
  if (*live < by.requests) return {};
  return fail(errc::rate_limited, "the key " + by.name + " has " + std::to_string(*live) +
                                      " requests that are not final, and may have " +
                                      std::to_string(by.requests));
}

// First the reservation, then the publish with the id and the file that it holds: a repeat at any point
// between ends in one request.
result<request_record> node_requests::submit_once(const process_request& what, const submission& from) const {
  const auto key = sha256_hex(from.by.name + "\n" + from.idempotency_key);
  const auto body_hash = sha256_hex(from.body);
  auto row = reserved(key, body_hash);
  if (!row) return tl::make_unexpected(row.error());
  for (;;) {
    auto own = what;
    if (*row) {
      auto there = read((*row)->id);
      if (there || there.error().code != errc::not_found) return there;
      // Reserved and not published. The file that it was reserved for is the one that counts, as others may
      // be publishing it now; when it is gone nobody can, and the key is free for another.
      const auto file = rows_.object((*row)->file);
      if (!file && file.error().code != errc::not_found) return tl::make_unexpected(file.error());
      if (file) own.file = (*row)->file.path();
    }
    auto r = make_record(own);
    if (!r) return r;
    if (auto room = check_live(from.by); !room) return tl::make_unexpected(room.error());
    if (*row && r->file == (*row)->file) {
      r->id = (*row)->id;
      return publish(std::move(*r), from.by);
    }
    auto won = reserve(*r, key, body_hash, *row ? (*row)->id : request_id{});
    if (!won) return tl::make_unexpected(won.error());
    if (won->id == r->id) return publish(std::move(*r), from.by);
    row = std::move(*won);
  }
}

result<request_record> node_requests::publish(request_record r, const http::caller& by) const {
  r.caller = by.name;
  const auto p = r.file.partition();
  auto accepted = ask_.publish_to(p, topic_name::request, accept_request{std::move(r)});
  if (!accepted) return tl::make_unexpected(accepted.error());
  if (!accepted->request) return fail(errc::internal, "the request was not answered");
  return std::move(*accepted->request);
}

result<request_record> node_requests::submit(const process_request& what, const submission& from) {
  if (draining_) return fail(errc::draining, "this node is stopping");
  if (!from.idempotency_key.empty()) return submit_once(what, from);
  auto r = make_record(what);
  if (!r) return r;
  if (auto room = check_live(from.by); !room) return tl::make_unexpected(room.error());
  return publish(std::move(*r), from.by);
}

result<http::found_request> node_requests::find(const request_id& id) {
  if (!rows_.knows(id.partition())) return fail(errc::not_found, "no such request");
  auto found = rows_.request_or_copy(id);
  if (!found && found.error().code == errc::not_found) return fail(errc::not_found, "no such request");
  return found;
}

result<request_record> node_requests::read(const request_id& id) const {
  if (!rows_.knows(id.partition())) return fail(errc::not_found, "no such request");
  auto r = rows_.request(id);
  if (!r && r.error().code == errc::not_found) return fail(errc::not_found, "no such request");
  return r;
}

std::unique_ptr<http::subscription> node_requests::watch(const request_id& id, std::function<void()> news) {
  struct watched final : http::subscription {
    watched(request_watch& w, const request_id& r, std::function<void()> f) : inner{w, r, std::move(f)} {}
    request_watch::subscription inner;
  };
  return std::make_unique<watched>(watch_, id, std::move(news));
}

result<http::page<request_record>> node_requests::list(const query& q) {
  if (!q.cursor.empty() && !ulid::parse(q.cursor))
    return fail(errc::bad_request, "this cursor was not made here");
  read_rows wanted{.what = row_kind::requests, .key = q.cursor, .limit = q.limit + 1};
  if (q.status) wanted.status = static_cast<std::uint8_t>(*q.status);
  if (q.since) wanted.since = *q.since;
  auto found = rows_.list(wanted);
  if (!found) return tl::make_unexpected(found.error());
  http::page<request_record> out{std::move(found->rows.requests), {}, found->stale};
  if (cut_to(out.items, q.limit, [](const auto& a, const auto& b) { return a.id > b.id; }))
    out.next_cursor = out.items.back().id.text();
  return out;
}

result<request_record> node_requests::cancel(const request_id& id) {
  if (!rows_.knows(id.partition())) return fail(errc::not_found, "no such request");
  const auto a =
      ask_.try_propose(id.partition(), cancel_request{id, env_.time->wall() + env_.cfg->retention.requests});
  auto r = a.ok || a.maybe_taken ? read(id) : result<request_record>{fail(a.code, a.detail, a.pointer)};
  if (a.ok || !r || (a.code == errc::conflict && r->status == request_status::cancelled)) return r;
  return fail(a.code, a.detail, a.pointer);
}

}  // namespace dip
