// What answers hold, field by field as record_json.cpp writes them.
#include <utility>

#include "core/object.hpp"
#include "core/request.hpp"
#include "http/api_schema.hpp"
#include "http/record_json.hpp"

namespace dip::http {
namespace {

api_json text(std::string_view description) { return {{"type", "string"}, {"description", description}}; }
api_json count(std::string_view description) {
  return {{"type", "integer"}, {"minimum", 0}, {"description", description}};
}
api_json at_least_one(std::string_view description) {
  return {{"type", "integer"}, {"minimum", 1}, {"description", description}};
}
api_json flag(std::string_view description) { return {{"type", "boolean"}, {"description", description}}; }
api_json url(std::string_view description) {
  return {{"type", "string"}, {"format", "uri"}, {"description", description}};
}
api_json id() {
  return {{"type", "string"},
          {"pattern", "^" + std::string{ulid_pattern} + "$"},
          {"description", "a ULID: sorts by time"}};
}
api_json or_null(std::string_view type, std::string_view description) {
  return {{"type", words({type, "null"})}, {"description", description}};
}

template <class E>
api_json each_word(E last, std::string_view description) {
  auto list = api_json::array();
  for (unsigned i = 0; i <= static_cast<unsigned>(last); ++i) list.push_back(to_string(static_cast<E>(i)));
  return {{"type", "string"}, {"enum", std::move(list)}, {"description", description}};
}

// Every field is always there; what is not known is null.
api_json record(api_json properties, std::string_view description) {
  std::vector<std::string> names;
  for (const auto& [name, schema] : properties.items()) names.push_back(name);
  auto out = object_schema(std::move(properties), {names.begin(), names.end()});
  out["description"] = description;
  return out;
}

api_json page_of(std::string_view list, std::string_view item) {
  api_json properties{{std::string{list}, {{"type", "array"}, {"items", schema_ref(item)}}}};
  properties["next_cursor"] = or_null("string", "for the next page; null at the end");
  properties["stale"] = flag("read without a leader: the newest may be missing");
  return record(std::move(properties), "newest first");
}

api_json readable_formats() {
  std::vector<std::string_view> names;
  for (const auto& spec : format_table()) names.push_back(spec.name);
  return {{"type", "string"}, {"enum", words(names)}};
}

api_json uploaded_fields() {
  return {{"bucket", schema_ref("Bucket")},
          {"key", text("never changes its content")},
          {"url", url("public: whoever has it can fetch the file")},
          {"size", count("bytes")},
          {"sha256",
           {{"type", "string"},
            {"pattern", "^([0-9a-f]{64})?$"},
            {"description", "of the bytes; empty for a preprocessed file"}}},
          {"content_type", text("by the content, not by name or header")},
          {"format", schema_ref("Format")},
          {"width", at_least_one("pixels, as a person sees it")},
          {"height", at_least_one("pixels")},
          {"pages", at_least_one("frames of an animation, pages of a document")},
          {"has_alpha", flag("whether it has transparency")}};
}

void add_info_fields(api_json& to) {
  to["depth"] = {
      {"type", "integer"}, {"enum", api_json::array({8, 16})}, {"description", "bits of a sample"}};
  to["colour_space"] = text("as libvips names it: srgb, b-w, cmyk, rgb16 …");
  to["has_profile"] = flag("there is an ICC profile, and it is not sRGB's");
  to["progressive"] = flag("a progressive JPEG, or interlaced");
  to["dominant_colour"] = or_null("string", "of the first frame on white, #rrggbb; null where it is damaged");
  to["dominant_colour"]["pattern"] = "^#[0-9a-f]{6}$";
  to["thumbhash"] =
      or_null("string", "a placeholder (evanw.github.io/thumbhash) in Base64; null where it is damaged");
  to["damage"] = or_null("string", "why the pixels cannot be decoded; null: they can");
  to["exif"] = {{"type", "object"},
                {"additionalProperties", {{"type", "string"}}},
                {"description", "what of EXIF is worth showing, worded; GPS only with `location`"}};
  to["delays"] = {{"type", "array"},
                  {"items", {{"type", "integer"}}},
                  {"description", "milliseconds that each frame of an animation is shown; else empty"}};
  to["loop"] = or_null("integer", "how often an animation is shown, 0: for ever; null: it is none");
}

void add_file_schemas(api_json& to) {
  to["Bucket"] = each_word(bucket::processed_files, "uploads, what lies between the stages, results");
  to["Format"] = readable_formats();
  to["UploadedFile"] = record(uploaded_fields(), "what an upload has become");
  auto fields = uploaded_fields();
  fields["orientation"] = {{"type", "integer"},
                           {"minimum", 1},
                           {"maximum", 8},
                           {"description", "EXIF's, of the pixels as stored"}};
  fields["name"] = text("the uploader's name of it; may be empty");
  fields["created_at"] = schema_ref("Time");
  fields["expires_at"] = schema_ref("TimeOrNull");
  to["File"] = record(fields, "what an upload, or what was made of it, is");
  add_info_fields(fields);
  to["FileInfo"] = record(std::move(fields), "what an image is, without its pixels");
  to["FilePage"] = page_of("files", "File");
}

api_json failure_schema() {
  std::vector<std::string_view> codes;
  for (const auto code : failure_codes()) codes.push_back(to_string(code));
  return record({{"code", {{"type", "string"}, {"enum", words(codes)}}},
                 {"detail", text("a sentence for a person")},
                 {"stage", {{"type", "string"}, {"enum", words({"preprocess", "process"})}}}},
                "why the request failed");
}

void add_request_schemas(api_json& to) {
  to["RequestStatus"] =
      each_word(request_status::cancelled,
                "runs from accepted to processed, or ends in failed or cancelled; it never goes "
                "back within a run. The last three are final");
  to["NotificationState"] = each_word(notification_state::failed, "none: nobody is to be told");
  to["AcceptedRequest"] = record({{"id", id()},
                                  {"status", schema_ref("RequestStatus")},
                                  {"status_url", url("GET it for the record")},
                                  {"events_url", url("GET it for each change as it happens")}},
                                 "the request is durable");
  to["TimelineEvent"] = record({{"at", schema_ref("Time")},
                                {"status", schema_ref("RequestStatus")},
                                {"node", text("where it happened")},
                                {"worker", text("who did it; may be empty")},
                                {"took_ms", count("milliseconds of work")}},
                               "one change of a request");
  to["OutputFile"] = record({{"name", text("as asked for")},
                             {"url", url("public: whoever has it can fetch the file")},
                             {"format", schema_ref("Format")},
                             {"width", at_least_one("pixels")},
                             {"height", at_least_one("pixels")},
                             {"size", count("bytes")}},
                            "a result");
  to["Failure"] = failure_schema();
  to["Request"] = record(
      {{"id", id()},
       {"status", schema_ref("RequestStatus")},
       {"run", at_least_one("counts redrives of a failed request")},
       {"file", url("the upload")},
       {"file_name", text("the uploader's name of it, or its key")},
       {"preset", or_null("string", "as asked for")},
       {"operations",
        {{"type", "array"}, {"items", schema_ref("Operation")}, {"description", "defaults filled in"}}},
       {"outputs",
        {{"type", "array"},
         {"items", schema_ref("OutputFile")},
         {"description", "empty until they are there"}}},
       {"error", {{"oneOf", api_json::array({schema_ref("Failure"), {{"type", "null"}}})}}},
       {"notification", record({{"email", schema_ref("NotificationState")},
                                {"webhook", schema_ref("NotificationState")},
                                {"email_detail", or_null("string", "what the mail server said last")},
                                {"webhook_detail", or_null("string", "what the endpoint said last")}},
                               "can still be on its way when the request is final")},
       {"attempts", record({{"preprocess", count("times taken up")},
                            {"process", count("times taken up")},
                            {"notify", count("times taken up")}},
                           "by stage")},
       {"timeline", {{"type", "array"}, {"items", schema_ref("TimelineEvent")}}},
       {"created_at", schema_ref("Time")},
       {"updated_at", schema_ref("Time")},
       {"expires_at", schema_ref("TimeOrNull")},
       {"stale",
        {{"type", "boolean"},
         {"description",
          "no leader could be asked: this is a copy, and the request may have gone on since"}}},
       {"metadata",
        {{"type", words({"object", "null"})},
         {"additionalProperties", true},
         {"description", "the caller's own, as it came"}}}},
      "the record of a request");
  to["RequestPage"] = page_of("requests", "Request");
  to["Suppression"] = record({{"address", text("nothing is sent to it")},
                              {"since", schema_ref("Time")},
                              {"detail", text("what its server said")},
                              {"request", id()}},
                             "an address that failed for good, and whose mail it was");
  to["SuppressionPage"] = page_of("suppressions", "Suppression");
}

}  // namespace

void add_record_schemas(api_json& to) {
  constexpr auto time = R"(^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$)";
  to["Time"] = {{"type", "string"},
                {"format", "date-time"},
                {"pattern", time},
                {"description", "RFC 3339 in UTC, with milliseconds"}};
  to["TimeOrNull"] = {{"type", words({"string", "null"})},
                      {"format", "date-time"},
                      {"pattern", time},
                      {"description", "null: not known yet, or never"}};
  add_file_schemas(to);
  add_request_schemas(to);
  to["NodeState"] =
      record({{"status", {{"type", "string"}, {"enum", words({"ok", "ready"})}}}}, "how a node is");
}

}  // namespace dip::http
