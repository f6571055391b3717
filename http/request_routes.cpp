#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "core/recipe.hpp"
#include "http/doors.hpp"
#include "http/problem.hpp"
#include "http/query.hpp"
#include "http/record_json.hpp"
#include "http/request_news.hpp"
#include "http/routes.hpp"
#include "http/upload_body.hpp"

namespace dip::http {
namespace {

std::optional<std::string> find_preset(const void* presets, std::string_view name) {
  const auto& known = *static_cast<const std::map<std::string, std::string>*>(presets);
  const auto found = known.find(std::string{name});
  return found == known.end() ? std::nullopt : std::optional{found->second};
}

result<request_id> named_request(const http_request& r) {
  const auto id = ulid::parse(r.args.front());
  if (!id) return fail(errc::not_found, "there is no such request");
  return request_id{*id};
}

result<std::string> idempotency_key(const http_request& r) {
  const auto key = r.header("Idempotency-Key");
  if (!key) return std::string{};
  const bool printable = std::ranges::all_of(*key, [](char c) { return c >= 0x20 && c < 0x7f; });
  if (key->empty() || key->size() > 255 || !printable)
    return fail(errc::bad_request, "Idempotency-Key has 1 to 255 printable ASCII characters");
  return *key;
}

result<void> check_json_type(const http_request& r) {
  const auto type = r.header("Content-Type").value_or("application/json");
  const auto media = type.substr(0, type.find_first_of("; \t"));
  if (equal_ignoring_case(media, "application/json")) return {};
  return fail(errc::unsupported_media, "the body's Content-Type is application/json");
}

class request_calls {
public:
  explicit request_calls(const route_context& c) : c_(c) {}

  http_response post(const http_request& r) const {
    const auto record = is_multipart(r) ? upload_and_submit(r) : submit(r);
    if (!record) return make_problem(record.error(), r.id);
    auto out = json_answer(r, accepted_json(*record, origin()), 202);
    out.headers.emplace_back("Location", origin() + "/requests/" + record->id.text());
    return out;
  }

  http_response get(const http_request& r) const {
    const auto wait = wait_param(r, c_.conf.limits.wait);
    if (!wait) return make_problem(wait.error(), r.id);
    const auto id = named_request(r);
    if (!id) return make_problem(id.error(), r.id);
    const auto found = c_.node.requests.find(*id);
    if (found && *wait > milliseconds{0} && !is_final(found->record.status))
      return wait_for_request(r, c_, *id, c_.time.steady() + *wait);
    return json_answer(
        r, found.map([&](const found_request& f) { return request_json(f.record, origin(), f.stale); }));
  }

  http_response events(const http_request& r) const {
    const auto id = named_request(r);
    if (!id) return make_problem(id.error(), r.id);
    return request_events(r, c_, *id);
  }

  http_response list(const http_request& r) const {
    const auto q = query_of(r);
    if (!q) return make_problem(q.error(), r.id);
    return json_answer(r, c_.node.requests.list(*q).map([&](const page<request_record>& rows) {
      return requests_json(rows, origin());
    }));
  }

  http_response cancel(const http_request& r) const {
    const auto cancelled =
        named_request(r).and_then([&](const request_id& id) { return c_.node.requests.cancel(id); });
    if (!cancelled) return make_problem(cancelled.error(), r.id);
    return {.status = 204};
  }

private:
  result<request_record> submit(const http_request& r) const {
    if (auto type = check_json_type(r); !type) return tl::make_unexpected(type.error());
    const auto key = idempotency_key(r);
    if (!key) return tl::make_unexpected(key.error());
    const auto body = whole_body(r);
    if (!body) return tl::make_unexpected(body.error());
    return parse_process_request(*body, c_.conf.limits, find_preset, &c_.conf.presets)
        .and_then(
            [&](const process_request& what) { return c_.node.requests.submit(what, {r.by, *key, *body}); });
  }

  // Nothing of it stays when the request is refused, or is one that was accepted before.
  result<request_record> upload_and_submit(const http_request& r) const {
    const auto key = idempotency_key(r);
    if (!key) return tl::make_unexpected(key.error());
    if (auto allowed = require(r, scope::upload); !allowed) return tl::make_unexpected(allowed.error());
    const auto& limits = c_.conf.limits;
    const auto got = receive_upload_and_request(r, c_.node.files, limits.upload, limits.request_json);
    if (!got) return tl::make_unexpected(got.error());
    auto record =
        with_file(got->request, got->file.name.key)
            .and_then([&](const std::string& text) {
              return parse_process_request(text, limits, find_preset, &c_.conf.presets);
            })
            .and_then([&](const process_request& what) {
              return c_.node.requests.submit(what, {r.by, *key, got->file.sha256 + '\n' + got->request});
            });
    // Where the outcome is not known the request may still come true, and then it needs its file.
    const bool unknown = !record && record.error().code == errc::no_quorum;
    if (!unknown && (!record || record->file != got->file.name)) (void)c_.node.files.remove(got->file.name);
    return record;
  }

  // The member is put into the text, so that one reader checks all of it; he takes no name twice, which
  // refuses a request that names another file.
  static result<std::string> with_file(const std::string& request, const std::string& key) {
    constexpr auto blank = " \t\r\n";
    const auto open = request.find_first_not_of(blank);
    if (open == std::string::npos || request[open] != '{')
      return fail(errc::bad_request, "the part \"request\" is no JSON object");
    const auto next = request.find_first_not_of(blank, open + 1);
    const bool empty = next != std::string::npos && request[next] == '}';
    return request.substr(0, open + 1) + "\"file\":\"" + key + (empty ? "\"" : "\",") +
           request.substr(open + 1);
  }

  static result<requests_port::query> query_of(const http_request& r) {
    if (auto known = only_params(r, {"status", "since", "limit", "cursor"}); !known)
      return tl::make_unexpected(known.error());
    requests_port::query q;
    if (const auto word = r.param("status")) {
      const auto status = parse_request_status(*word);
      if (!status) return fail(errc::bad_request, "status is none that a request can have");
      q.status = *status;
    }
    if (const auto text = r.param("since")) {
      const auto since = parse_rfc3339(*text);
      if (!since) return fail(errc::bad_request, "since is a time such as 2026-03-04T05:06:07Z");
      q.since = *since;
    }
    const auto limit = page_limit(r);
    if (!limit) return tl::make_unexpected(limit.error());
    q.limit = *limit;
    q.cursor = r.param("cursor").value_or("");
    return q;
  }

  const std::string& origin() const { return c_.node.node.public_url(); }

  route_context c_;
};

}  // namespace

void add_request_routes(router& to, const route_context& context) {
  const request_calls calls{context};
  const auto& limits = context.conf.limits;
  to.add({.method = "POST",
          .pattern = "/process-file",
          .answer = [calls](const http_request& r) { return calls.post(r); },
          .max_body =
              [&limits](const http_request& r) {
                return is_multipart(r) ? max_upload_body(r, limits.upload) + limits.request_json
                                       : limits.request_json;
              },
          .needs = {scope::process}});
  to.add({.method = "GET",
          .pattern = "/requests",
          .answer = [calls](const http_request& r) { return calls.list(r); },
          .needs = {scope::read}});
  // An id is known to whom it was given, as a file's URL is.
  to.add({.method = "GET", .pattern = "/requests/{id}", .answer = [calls](const http_request& r) {
            return calls.get(r);
          }});
  to.add({.method = "GET", .pattern = "/requests/{id}/events", .answer = [calls](const http_request& r) {
            return calls.events(r);
          }});
  to.add({.method = "DELETE",
          .pattern = "/requests/{id}",
          .answer = [calls](const http_request& r) { return calls.cancel(r); },
          .needs = {scope::process}});
}

}  // namespace dip::http
