// What can go wrong, as callers see it.
#include <algorithm>
#include <utility>

#include "http/api_schema.hpp"
#include "http/problem.hpp"

namespace dip::http {
namespace {

// No default: a new code is not described until it has a sentence here.
std::string_view meaning_of(errc code) {
  switch (code) {
    case errc::bad_request: return "not JSON, not HTTP, a bad header, a bad parameter";
    case errc::unauthorized: return "a key is needed, or the one given is not known";
    case errc::forbidden: return "the key does not allow it; or a foreign URL as `file`";
    case errc::not_found: return "no such path, file, request or watermark";
    case errc::method_not_allowed: return "the path exists, the method does not; `Allow` lists those that do";
    case errc::timeout: return "the request was sent too slowly";
    case errc::headers_too_large: return "the request's head is over its limit";
    case errc::http_version: return "neither HTTP/1.0 nor HTTP/1.1";
    case errc::conflict: return "not possible in the state that it is in";
    case errc::length_required: return "this call needs a body, with its length or chunked";
    case errc::too_large: return "a body over its limit";
    case errc::unsupported_media: return "not an image of a format that is read here, or not JSON";
    case errc::precondition_failed: return "If-Match or If-Unmodified-Since does not hold";
    case errc::bad_range: return "a range outside of the file";
    case errc::invalid_image: return "of a known format, but it cannot be read";
    case errc::too_many_pixels:
      return "over limits.pixels, limits.pixels_total or limits.frames; or predicted to need more than "
             "limits.memory, or to take longer than workers.timeout";
    case errc::invalid_operation: return "a field of the request is wrong; `pointer` names it";
    case errc::idempotency_mismatch: return "this Idempotency-Key came with another body before";
    case errc::rate_limited: return "too many calls of this client; `Retry-After` says when to come again";
    case errc::internal: return "our fault; the log has the request id";
    case errc::overloaded: return "no room now; nothing was taken";
    case errc::no_quorum: return "no majority of the replicas can be reached; nothing was taken";
    case errc::draining: return "this node is stopping; nothing was taken";
    case errc::disk_full: return "less than limits.free_disk is left; nothing was taken";
    case errc::worker_crashed: return "the process that worked on the image died";
    case errc::stale_lease:
    case errc::stage_lost:
    case errc::corrupt:
    case errc::io:
    case errc::not_leader: break;
  }
  return {};
}

constexpr auto last_code = static_cast<unsigned char>(errc::not_leader);

bool has_retry_after(const std::vector<errc>& codes) {
  return std::ranges::any_of(codes, [](errc code) {
    const auto headers = make_problem({code, {}, {}}, {}).headers;
    return std::ranges::find(headers, "Retry-After", &name_value::first) != headers.end();
  });
}

api_json code_words(const std::vector<errc>& codes) {
  std::vector<std::string_view> out;
  for (const auto code : codes) out.push_back(to_string(code));
  return words(out);
}

api_json meanings() {
  api_json out;
  for (const auto code : visible_codes())
    out[std::string{to_string(code)}] = {{"status", status_of(code)}, {"meaning", meaning_of(code)}};
  return out;
}

// A problem as the node makes it.
api_json example_of(errc code) {
  const auto pointer = code == errc::invalid_operation ? "/operations/0/width" : "";
  const auto detail = code == errc::invalid_operation ? std::string_view{"must be an integer from 1 to 65535"}
                                                      : meaning_of(code);
  return api_json::parse(make_problem({code, std::string{detail}, pointer}, example_request).body);
}

}  // namespace

std::vector<errc> visible_codes() {
  std::vector<errc> out;
  for (unsigned char i = 0; i <= last_code; ++i)
    if (const auto code = static_cast<errc>(i); status_of(code) != 500 || code == errc::internal)
      out.push_back(code);
  return out;
}

std::string problem_name(const std::vector<errc>& codes) {
  std::string out;
  for (const auto code : codes) out.append(out.empty() ? "" : "_or_").append(to_string(code));
  return out;
}

api_json problem_answer(int status, const std::vector<errc>& codes) {
  std::string text;
  for (const auto code : codes)
    text +=
        (text.empty() ? "`" : "; `") + std::string{to_string(code)} + "`: " + std::string{meaning_of(code)};
  api_json headers{{"X-Request-Id", {{"$ref", "#/components/headers/X-Request-Id"}}}};
  if (status == 401) headers["WWW-Authenticate"] = {{"$ref", "#/components/headers/WWW-Authenticate"}};
  if (has_retry_after(codes)) headers["Retry-After"] = {{"$ref", "#/components/headers/Retry-After"}};
  if (status == 416) headers["Content-Range"] = {{"$ref", "#/components/headers/Content-Range"}};
  api_json narrowed =
      object_schema({{"status", {{"const", status}}}, {"code", {{"enum", code_words(codes)}}}}, {});
  api_json content{{"schema", {{"allOf", api_json::array({schema_ref("Problem"), std::move(narrowed)})}}},
                   {"example", example_of(codes.front())}};
  return {{"description", std::move(text)},
          {"headers", std::move(headers)},
          {"content", {{"application/problem+json", std::move(content)}}}};
}

void add_problem_schemas(api_json& to) {
  auto problem = object_schema(
      {{"type", {{"type", "string"}, {"format", "uri"}, {"pattern", "^urn:dip:error:[a-z_]+$"}}},
       {"title", {{"type", "string"}, {"description", "the status in words"}}},
       {"status", {{"type", "integer"}, {"minimum", 400}, {"maximum", 599}}},
       {"detail", {{"type", "string"}, {"description", "a sentence for a person"}}},
       {"code",
        {{"type", "string"},
         {"enum", code_words(visible_codes())},
         {"description", "what to tell failures apart by"},
         {"x-meanings", meanings()}}},
       {"pointer",
        {{"type", "string"},
         {"format", "json-pointer"},
         {"description", "the field of the request's JSON that is wrong (RFC 6901)"}}},
       {"request_id", {{"type", "string"}, {"description", "as in X-Request-Id and in the log"}}}},
      {"type", "title", "status", "detail", "code", "request_id"});
  problem["description"] = "a failure (RFC 9457)";
  to["Problem"] = std::move(problem);
}

}  // namespace dip::http
