#include <algorithm>
#include <optional>
#include <string>

#include "http/doors.hpp"
#include "http/download.hpp"
#include "http/problem.hpp"
#include "http/query.hpp"
#include "http/record_json.hpp"
#include "http/routes.hpp"
#include "http/upload_body.hpp"

namespace dip::http {
namespace {

// A slash that came percent-encoded separates nothing, so such a key names nothing.
result<object_name> named_object(const http_request& r) {
  const auto in = parse_bucket(r.args.front());
  if (!in) return fail(errc::not_found, "there is no such bucket");
  std::string key;
  for (size_t i = 1; i < r.args.size(); ++i) {
    if (r.args[i].find('/') != std::string::npos) return fail(errc::not_found, "there is no such file");
    key += (i > 1 ? "/" : "") + r.args[i];
  }
  auto name = parse_key(*in, key);
  if (!name) return fail(errc::not_found, "there is no such file");
  return name;
}

class file_calls {
public:
  explicit file_calls(const route_context& c) : c_(c) {}

  http_response post(const http_request& r) const {
    const auto row = receive_upload(r, c_.node.files, c_.conf.limits.upload);
    if (!row) return make_problem(row.error(), r.id);
    auto out = json_answer(r, uploaded_json(*row, origin()), 201);
    out.headers.emplace_back("Location", url_of(row->name, origin()));
    return out;
  }

  http_response get(const http_request& r) const {
    const auto name = readable(r);
    if (!name) return make_problem(name.error(), r.id);
    if (r.param("info")) return json_answer(r, info(*name, r.param("location").has_value()));
    auto file = c_.node.files.open(*name);
    if (!file) return make_problem(file.error(), r.id);
    return download(r, std::move(*file), c_.time.wall());
  }

  std::optional<http_response> get_at_once(const http_request& r) const {
    const auto name = readable(r);
    if (!name) return make_problem(name.error(), r.id);
    if (r.param("info")) return std::nullopt;
    auto file = c_.node.files.recall(*name);
    if (!file) return std::nullopt;
    return download(r, std::move(file), c_.time.wall());
  }

  http_response remove(const http_request& r) const {
    const auto name = named_object(r);
    if (!name) return make_problem(name.error(), r.id);
    if (r.header("If-Match") || r.header("If-Unmodified-Since")) {
      const auto row = c_.node.files.find(*name);
      if (!row) return make_problem(row.error(), r.id);
      if (!precondition_holds(r, validators_of(*row))) return make_problem(no_such_version(), r.id);
    }
    const auto removed = c_.node.files.remove(*name);
    if (!removed) return make_problem(removed.error(), r.id);
    return {.status = 204};
  }

  http_response list(const http_request& r) const { return json_answer(r, listing(r)); }

private:
  // The file that is asked for, if the caller may read it.
  result<object_name> readable(const http_request& r) const {
    auto name = named_object(r);
    if (name && !is_public(name->in))
      if (auto allowed = require(r, scope::read); !allowed) return tl::make_unexpected(allowed.error());
    return name;
  }

  result<std::string> info(const object_name& name, bool location) const {
    const auto row = c_.node.files.find(name);
    if (!row) return tl::make_unexpected(row.error());
    return c_.node.files.inspect(*row, location).map([&](const image_info& told) {
      return info_json(*row, told, origin());
    });
  }

  result<std::string> listing(const http_request& r) const {
    if (auto known = only_params(r, {"bucket", "limit", "cursor"}); !known)
      return tl::make_unexpected(known.error());
    const auto in = parse_bucket(r.param("bucket").value_or(std::string{to_string(bucket::request_files)}));
    if (!in) return fail(errc::bad_request, "bucket names none of the three buckets");
    const auto limit = page_limit(r);
    if (!limit) return tl::make_unexpected(limit.error());
    return c_.node.files.list(*in, *limit, r.param("cursor").value_or(""))
        .map([&](const page<object_row>& rows) { return files_json(rows, origin()); });
  }

  [[nodiscard]] bool is_public(bucket b) const {
    const auto& all = c_.conf.security.public_read;
    return c_.at == nullptr || std::ranges::find(all, to_string(b)) != all.end();
  }

  const std::string& origin() const { return c_.node.node.public_url(); }

  route_context c_;
};

}  // namespace

void add_file_routes(router& to, const route_context& context) {
  const file_calls calls{context};
  const auto limit = context.conf.limits.upload;
  to.add({.method = "GET",
          .pattern = "/files",
          .answer = [calls](const http_request& r) { return calls.list(r); },
          .needs = {scope::read}});
  to.add({.method = "POST",
          .pattern = "/files",
          .answer = [calls](const http_request& r) { return calls.post(r); },
          .max_body = [limit](const http_request& r) { return max_upload_body(r, limit); },
          .needs = {scope::upload}});
  // Whoever has the URL may look, as often as a page has pictures; `get` asks for more where a bucket is not
  // public.
  to.add({.method = "GET",
          .pattern = "/files/{bucket}/{key...}",
          .answer = [calls](const http_request& r) { return calls.get(r); },
          .counted = false,
          .at_once = [calls](const http_request& r) { return calls.get_at_once(r); }});
  to.add({.method = "DELETE",
          .pattern = "/files/{bucket}/{key...}",
          .answer = [calls](const http_request& r) { return calls.remove(r); },
          .needs = {scope::upload}});
}

}  // namespace dip::http
