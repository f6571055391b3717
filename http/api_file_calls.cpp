#include <string>
#include <utility>

#include "core/config_text.hpp"
#include "http/api_schema.hpp"

namespace dip::http {
namespace {

api_json uploaded_example() {
  const std::string key{example_key};
  return {{"bucket", "rtp-request-files"},
          {"key", key},
          {"url", std::string{example_origin} + "/files/rtp-request-files/" + key},
          {"size", 146515},
          {"sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
          {"content_type", "image/jpeg"},
          {"format", "jpeg"},
          {"width", 4000},
          {"height", 3000},
          {"pages", 1},
          {"has_alpha", false}};
}

api_json file_example() {
  auto out = uploaded_example();
  out["orientation"] = 6;
  out["name"] = "cat.jpg";
  out["created_at"] = "2026-03-04T05:06:07.089Z";
  out["expires_at"] = "2026-03-11T05:06:07.089Z";
  return out;
}

api_json info_example() {
  auto out = file_example();
  out["depth"] = 8;
  out["colour_space"] = "srgb";
  out["has_profile"] = false;
  out["progressive"] = false;
  out["dominant_colour"] = "#b88848";
  out["thumbhash"] = "1QcSHQRnh493V4dIh4eXh1h4kJUI";
  out["damage"] = nullptr;
  out["exif"] = {{"Make", "Canon"}, {"ExposureTime", "1/250 sec."}};
  out["delays"] = api_json::array();
  out["loop"] = nullptr;
  return out;
}

api_json bytes() { return {{"type", "string"}, {"format", "binary"}}; }

api_json upload_body() {
  api_json form{{"type", "object"},
                {"required", words({"file"})},
                {"properties", {{"file", bytes()}}},
                {"description", "other parts are passed over"}};
  return {{"required", true},
          {"description", "a form with the part `file`, or the bytes alone; what they are is read from them"},
          {"content",
           {{"multipart/form-data",
             {{"schema", std::move(form)}, {"encoding", {{"file", {{"contentType", "image/*"}}}}}}},
            {"application/octet-stream", {{"schema", bytes()}}},
            {"image/*", {{"schema", bytes()}}}}}};
}

// By ?info JSON, else the bytes, whatever they are.
api_json file_content(const api_facts& facts) {
  api_json out;
  for (const auto& spec : format_table())
    if (spec.readable && facts.formats.can_read(spec.format))
      out[std::string{spec.content_type}] = {{"schema", bytes()}};
  out["application/json"] = {{"schema", schema_ref("FileInfo")}, {"example", info_example()}};
  return out;
}

const std::vector<std::string> file_headers{
    "ETag",          "Last-Modified",       "Cache-Control",           "Accept-Ranges",
    "Content-Range", "Content-Disposition", "Content-Security-Policy", "X-Content-Type-Options"};

std::vector<std::string> whole_file_headers() {
  auto out = file_headers;
  std::erase(out, "Content-Range");
  return out;
}

api_json only_bytes(const api_facts& facts) {
  auto out = file_content(facts);
  out.erase("application/json");
  return out;
}

// A file by its key: an upload's is one segment of the path, an output's is two.
struct place {
  std::string path;
  std::string of;  // ends operationIds
  std::string what;
  std::vector<std::string> parameters;
};

const place upload_place{"/files/{bucket}/{key}", "File", "an upload", {"bucket", "key"}};
const place output_place{
    "/files/{bucket}/{attempt}/{output}", "OutputFile", "an output", {"bucket", "attempt", "output"}};
constexpr auto pattern = "/files/{bucket}/{key...}";

std::vector<std::string> with(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

api_call get_file(const api_facts& facts, const place& p) {
  return {.method = "GET",
          .pattern = pattern,
          .path = p.path,
          .id = "get" + p.of,
          .tag = "files",
          .summary = "Fetches " + p.what,
          .text =
              "The public URL. A file never changes, so caches may keep it for as long as it is there. With "
              "`?info` what the image is, as JSON: `overloaded` when too many ask for that at once, "
              "`unsupported_media` where this node does not read the format.",
          .parameters = with(p.parameters, {"info", "location", "Range", "If-Range", "If-Match",
                                            "If-Unmodified-Since", "If-None-Match", "If-Modified-Since"}),
          .answers = {{200, "the bytes; or, asked for by `?info`, what they are", whole_file_headers(),
                       file_content(facts)},
                      {206, "the part of the bytes that `Range` asks for", file_headers, only_bytes(facts)},
                      {304, "as it was", {"ETag", "Last-Modified", "Cache-Control"}}},
          .errors = {errc::not_found, errc::precondition_failed, errc::bad_range, errc::unsupported_media,
                     errc::invalid_image, errc::too_many_pixels, errc::overloaded},
          .scope = "read",
          .sometimes = true,
          .counted = false};
}

api_call head_file(const place& p) {
  return {.method = "HEAD",
          .pattern = pattern,
          .path = p.path,
          .id = "head" + p.of,
          .tag = "files",
          .summary = "What fetching " + p.what + " would answer, without its bytes",
          .text = "",
          .parameters = with(p.parameters, {"Range", "If-Range", "If-Match", "If-Unmodified-Since",
                                            "If-None-Match", "If-Modified-Since"}),
          .answers = {{200, "it is there", whole_file_headers()},
                      {206, "the part that `Range` asks for is there", file_headers},
                      {304, "as it was", {"ETag", "Last-Modified", "Cache-Control"}}},
          .errors = {errc::not_found, errc::precondition_failed, errc::bad_range},
          .scope = "read",
          .sometimes = true,
          .counted = false};
}

api_call delete_file(const place& p) {
  return {.method = "DELETE",
          .pattern = pattern,
          .path = p.path,
          .id = "delete" + p.of,
          .tag = "files",
          .summary = "Removes " + p.what,
          .text = "On all replicas. `conflict` while a request that is not final needs it.",
          .parameters = with(p.parameters, {"If-Match", "If-Unmodified-Since"}),
          .answers = {{204, "gone"}},
          .errors = {errc::not_found, errc::precondition_failed, errc::conflict, errc::no_quorum},
          .scope = "upload"};
}

api_call list_files() {
  return {.method = "GET",
          .pattern = "/files",
          .path = "/files",
          .id = "listFiles",
          .tag = "files",
          .summary = "Lists the files of a bucket",
          .text = "Newest first. A parameter that is not listed here is refused.",
          .parameters = {"list_bucket", "limit", "cursor"},
          .answers = {{200,
                       "a page",
                       {"Cache-Control"},
                       json_content("FilePage", {{"files", api_json::array({file_example()})},
                                                 {"next_cursor", example_key},
                                                 {"stale", false}})}},
          .scope = "read"};
}

api_call upload_file(const api_facts& facts) {
  return {.method = "POST",
          .pattern = "/files",
          .path = "/files",
          .id = "uploadFile",
          .tag = "files",
          .summary = "Uploads an image",
          .text = "Answered when the bytes are on disk on a majority of the replicas. A file is at most " +
                  size_text(facts.conf.limits.upload) + ".",
          .parameters = {"name", "Content-Disposition"},
          .body = upload_body(),
          .answers = {{201,
                       "it is there to stay",
                       {"Location", "Cache-Control"},
                       json_content("UploadedFile", uploaded_example())}},
          .errors = {errc::length_required, errc::too_large, errc::unsupported_media, errc::invalid_image,
                     errc::too_many_pixels, errc::no_quorum, errc::draining, errc::disk_full},
          .scope = "upload"};
}

}  // namespace

std::vector<api_call> file_calls(const api_facts& facts) {
  return {upload_file(facts),
          list_files(),
          get_file(facts, upload_place),
          head_file(upload_place),
          delete_file(upload_place),
          get_file(facts, output_place),
          head_file(output_place),
          delete_file(output_place)};
}

}  // namespace dip::http
