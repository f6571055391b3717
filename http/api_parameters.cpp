// Parameters and headers, by the names under which calls refer to them.
#include <string>
#include <utility>

#include "core/config_text.hpp"
#include "http/api_schema.hpp"
#include "http/query.hpp"

namespace dip::http {
namespace {

api_json parameter(std::string_view in, std::string_view name, std::string_view text, api_json schema,
                   api_json example = {}) {
  api_json out{{"name", name}, {"in", in}, {"description", text}};
  if (in == "path") out["required"] = true;
  out["schema"] = std::move(schema);
  if (!example.is_null()) out["example"] = std::move(example);
  return out;
}

// Of a file's bytes; what they are, asked for by ?info, has none of them.
api_json file_header(std::string_view text, api_json schema, api_json example) {
  return {{"description", text}, {"schema", std::move(schema)}, {"example", std::move(example)}};
}

// Always there.
api_json header(std::string_view text, api_json schema, api_json example) {
  auto out = file_header(text, std::move(schema), std::move(example));
  out["required"] = true;
  return out;
}

api_json text_like(std::string pattern) { return {{"type", "string"}, {"pattern", std::move(pattern)}}; }
api_json text() { return {{"type", "string"}}; }

// Messages may fail with what no caller is told.
api_json error_words() {
  auto out = api_json::array();
  for (auto code = 0; code <= static_cast<int>(errc::not_leader); ++code)
    out.push_back(to_string(static_cast<errc>(code)));
  return out;
}

void add_path_parameters(api_json& to) {
  const std::string id{ulid_pattern};
  to["bucket"] = parameter("path", "bucket", "where the file is", schema_ref("Bucket"), "rtp-request-files");
  to["key"] = parameter("path", "key", "of an upload or a preprocessed file",
                        text_like("^" + id + R"(\.[a-z0-9]{1,5}$)"), example_key);
  to["attempt"] = parameter("path", "attempt", "first half of an output's key", text_like("^" + id + "$"),
                            example_attempt);
  to["output"] = parameter("path", "output", "second half: the output's name and extension",
                           text_like(R"(^[a-z0-9_-]{1,64}\.[a-z0-9]{1,5}$)"), "large.webp");
  to["partition"] = parameter("path", "partition", "its number",
                              {{"type", "integer"}, {"minimum", 0}, {"maximum", 1023}}, 3);
  to["address"] =
      parameter("path", "address", "of e-mail, in any case of its letters", text(), "gone@example.org");
  to["queue"] = parameter("path", "queue", "its name", schema_ref("QueueName"), "rtp-request-queue");
  to["message"] = parameter("path", "message", "a message's id", text_like("^[0-9]+-[0-9]+$"), "3-4352");
  to["actor"] = parameter("path", "actor", "its id", text_like(R"(^[A-Za-z0-9_-]{1,63}\.[0-9]+$)"), "n1.42");
  to["node"] = parameter("path", "node", "its name", text_like("^[A-Za-z0-9_-]{1,63}$"), "n9");
  to["id"] = parameter("path", "id", "of the request", text_like("^" + id + "$"), example_request);
}

void add_query_parameters(api_json& to, const api_facts& facts) {
  to["info"] =
      parameter("query", "info", "what the image is, as JSON, instead of its bytes; needs no value", text());
  to["info"]["allowEmptyValue"] = true;
  to["location"] = parameter(
      "query", "location", "with `info`: also where it was taken, as its EXIF says; needs no value", text());
  to["location"]["allowEmptyValue"] = true;
  to["name"] =
      parameter("query", "name", "the file's name, where the body is its bytes alone", text(), "cat.jpg");
  to["list_bucket"] = parameter("query", "bucket", "left out: rtp-request-files", schema_ref("Bucket"));
  to["limit"] =
      parameter("query", "limit", "how many at most",
                {{"type", "integer"}, {"minimum", 1}, {"maximum", max_page}, {"default", default_page}}, 20);
  to["cursor"] = parameter("query", "cursor", "`next_cursor` of the page before", text());
  to["term"] = parameter("query", "term", "beyond all terms that were heard of",
                         {{"type", "integer"}, {"minimum", 1}}, 12);
  to["term"]["required"] = true;
  to["empty"] = parameter(
      "query", "empty", "no copy is left, and the partition begins with nothing",
      {{"type", "string"}, {"enum", api_json::array({"true", "false"})}, {"default", "false"}}, "false");
  to["hashes"] = parameter(
      "query", "hashes", "whether each node hashes all that its partitions hold, to compare copies",
      {{"type", "string"}, {"enum", api_json::array({"true", "false"})}, {"default", "false"}}, "true");
  to["status"] = parameter("query", "status", "only those", schema_ref("RequestStatus"), "failed");
  to["since"] = parameter("query", "since", "only those accepted since; RFC 3339 in UTC",
                          {{"type", "string"},
                           {"format", "date-time"},
                           {"pattern", R"(^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z$)"}},
                          "2026-03-04T05:06:07Z");
  to["message_state"] = parameter(
      "query", "state", "only those",
      {{"type", "string"}, {"enum", api_json::array({"visible", "in_flight", "delayed"})}}, "delayed");
  to["message_error"] = parameter("query", "error", "only those whose last try ended in this error code",
                                  {{"type", "string"}, {"enum", error_words()}}, "timeout");
  to["only_partition"] =
      parameter("query", "partition", "only that one",
                {{"type", "integer"}, {"minimum", 0}, {"maximum", facts.conf.cluster.partitions - 1}}, 3);
  to["reason"] = parameter("query", "reason", "why; it stands in the audit",
                           {{"type", "string"}, {"minLength", 1}, {"maxLength", 256}, {"x-max-bytes", 256}},
                           "the customer has sent another");
  to["reason"]["required"] = true;
  to["actor_node"] = parameter("query", "node", "only of that node", text(), "n1");
  to["actor_kind"] = parameter("query", "kind", "only of that kind", text(), "queue");
  to["actor_state"] = parameter(
      "query", "state", "only those in it",
      {{"type", "string"}, {"enum", api_json::array({"idle", "busy", "stuck", "backoff", "dead"})}}, "stuck");
  to["actor_parent"] = parameter("query", "parent", "only children of that actor", text(), "n1.17");
  to["actor_text"] =
      parameter("query", "q", "only those whose name, id or last error has it", text(), "rtp-request");
  to["actor_sort"] = parameter(
      "query", "sort", "the greatest first, names in their order; left out: the tree",
      {{"type", "string"}, {"enum", api_json::array({"mailbox", "rate", "busy", "restarts", "name"})}},
      "mailbox");
  to["wait"] = parameter(
      "query", "wait",
      "answers when the request is final or this time is up: 30s, 1500ms or 30 (seconds); at most " +
          duration_text(facts.conf.limits.wait) + " are waited",
      text_like("^[0-9]{1,9}(ms|s)?$"), "30s");
}

void add_request_headers(api_json& to, const api_facts& facts) {
  to["X-Request-Id"] =
      parameter("header", "X-Request-Id",
                "comes back, and stands in the log; another one takes its place where it does not fit",
                text_like("^[0-9A-Za-z._-]{1,128}$"), "order-4711");
  to["Idempotency-Key"] = parameter(
      "header", "Idempotency-Key",
      "for " + duration_text(facts.conf.retention.idempotency) +
          " the same key with the same body gives the same request, with another body `idempotency_mismatch`",
      {{"type", "string"}, {"minLength", 1}, {"maxLength", 255}, {"pattern", "^[ -~]+$"}}, "order-4711");
  to["Content-Disposition"] = parameter("header", "Content-Disposition",
                                        "its filename is the file's name, where the body is its bytes alone",
                                        text(), "attachment; filename=\"cat.jpg\"");
  to["Last-Event-ID"] = parameter("header", "Last-Event-ID", "only events after this one",
                                  {{"type", "integer"}, {"minimum", 0}, {"maximum", 1'000'000}}, 2);
  to["Range"] = parameter("header", "Range", "one range of bytes; several are answered with the whole",
                          text(), "bytes=0-1023");
  to["If-Range"] =
      parameter("header", "If-Range", "Range counts only where this is the ETag or Last-Modified", text());
  to["If-Match"] = parameter("header", "If-Match", "412 where the ETag is not among these", text());
  to["If-Unmodified-Since"] =
      parameter("header", "If-Unmodified-Since", "412 where it is newer; without If-Match only", text());
  to["If-None-Match"] = parameter("header", "If-None-Match", "304 where the ETag is among these", text());
  to["If-Modified-Since"] = parameter("header", "If-Modified-Since",
                                      "304 where it is no older; without If-None-Match only", text());
}

}  // namespace

api_json parameter_components(const api_facts& facts) {
  api_json out;
  add_path_parameters(out);
  add_query_parameters(out, facts);
  add_request_headers(out, facts);
  return out;
}

api_json header_components() {
  const auto number = api_json{{"type", "integer"}, {"minimum", 0}};
  return {
      {"X-Request-Id",
       header("of this request, in the log as well", text_like("^[0-9A-Za-z._-]{1,128}$"), example_request)},
      {"WWW-Authenticate", header("how to say who calls", text(), "Bearer realm=\"dip\"")},
      {"Location", header("where it is now", {{"type", "string"}, {"format", "uri"}},
                          std::string{example_origin} + "/requests/" + std::string{example_request})},
      {"Retry-After", header("seconds until it is worth trying again", number, 2)},
      {"ETag",
       file_header("strong: changes when the bytes do", text_like("^\".+\"$"), "\"9f86d081884c7d65\"")},
      {"Last-Modified", file_header("when it came to be", text(), "Wed, 04 Mar 2026 05:06:07 GMT")},
      {"Cache-Control",
       header("for how long a cache may keep it", text(), "public, max-age=604800, immutable")},
      {"Accept-Ranges", file_header("ranges of bytes can be asked for", text_like("^bytes$"), "bytes")},
      {"Content-Range", file_header("which bytes these are, and of how many",
                                    text_like(R"(^bytes (\d+-\d+|\*)/\d+$)"), "bytes 0-1023/146515")},
      {"Content-Disposition", file_header("the uploader's name of it; SVG and PDF only as attachment", text(),
                                          "inline; filename=\"cat.jpg\"")},
      {"Content-Security-Policy",
       file_header("nothing in it may run", text(), "default-src 'none'; sandbox")},
      {"X-Content-Type-Options", file_header("its type is what is said", text_like("^nosniff$"), "nosniff")},
  };
}

}  // namespace dip::http
