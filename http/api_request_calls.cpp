#include <string>
#include <utility>

#include "http/api_schema.hpp"

namespace dip::http {
namespace {

std::string url(std::string_view path) { return std::string{example_origin}.append(path); }
std::string request_url() { return url("/requests/").append(example_request); }

api_json form_request_example() {
  return {
      {"operations",
       api_json::array({{{"op", "resize"}, {"width", 800}, {"height", 600}, {"position", "attention"}},
                        {{"op", "sharpen"}}})},
      {"outputs", api_json::array({{{"name", "large"}, {"format", "webp"}, {"quality", 82}},
                                   {{"name", "thumb"},
                                    {"format", "jpeg"},
                                    {"operations", api_json::array({{{"op", "resize"}, {"width", 160}}})}}})},
      {"notify", {{"email", "owner@example.org"}}},
      {"metadata", {{"order", 4711}}}};
}

api_json request_example() {
  api_json out{{"file", example_key}};
  out.update(form_request_example());
  return out;
}

api_json process_body() {
  api_json form{
      {"type", "object"},
      {"required", words({"file", "request"})},
      {"properties",
       {{"file", {{"type", "string"}, {"format", "binary"}}}, {"request", schema_ref("FormRequest")}}}};
  return {
      {"required", true},
      {"description", "the request as JSON; or a form with the image as `file` and the request as `request`"},
      {"content",
       {{"application/json", {{"schema", schema_ref("ProcessRequest")}, {"example", request_example()}}},
        {"multipart/form-data",
         {{"schema", std::move(form)},
          {"encoding",
           {{"file", {{"contentType", "image/*"}}}, {"request", {{"contentType", "application/json"}}}}}}}}}};
}

api_json event(std::string_view at, std::string_view status, std::string_view worker, int took_ms) {
  return {{"at", at}, {"status", status}, {"node", "n1"}, {"worker", worker}, {"took_ms", took_ms}};
}

api_json outputs_example() {
  const auto one = [](std::string_view name, std::string_view file, std::string_view format, int width,
                      int height, int size) {
    return api_json{
        {"name", name},
        {"url", url("/files/rtp-processed-files/").append(example_attempt).append("/").append(file)},
        {"format", format},
        {"width", width},
        {"height", height},
        {"size", size}};
  };
  return api_json::array({one("large", "large.webp", "webp", 800, 600, 48'213),
                          one("thumb", "thumb.jpg", "jpeg", 160, 120, 5'310)});
}

api_json record_example() {
  return {
      {"id", example_request},
      {"status", "processed"},
      {"run", 1},
      {"file", url("/files/rtp-request-files/").append(example_key)},
      {"file_name", "cat.jpg"},
      {"preset", nullptr},
      {"operations", api_json::array({{{"op", "resize"},
                                       {"width", 800},
                                       {"height", 600},
                                       {"fit", "cover"},
                                       {"position", "attention"},
                                       {"enlarge", false},
                                       {"background", "#000000"},
                                       {"kernel", "lanczos3"}},
                                      {{"op", "sharpen"}, {"sigma", 1}}})},
      {"outputs", outputs_example()},
      {"error", nullptr},
      {"notification",
       {{"email", "pending"}, {"webhook", "none"}, {"email_detail", nullptr}, {"webhook_detail", nullptr}}},
      {"attempts", {{"preprocess", 1}, {"process", 1}, {"notify", 0}}},
      {"timeline", api_json::array({event("2026-03-04T05:06:08.011Z", "accepted", "", 0),
                                    event("2026-03-04T05:06:08.020Z", "preprocessing", "preprocessor-1", 0),
                                    event("2026-03-04T05:06:08.055Z", "preprocessed", "preprocessor-1", 35),
                                    event("2026-03-04T05:06:08.060Z", "processing", "processor-2", 0),
                                    event("2026-03-04T05:06:08.241Z", "processed", "processor-2", 181)})},
      {"created_at", "2026-03-04T05:06:08.011Z"},
      {"updated_at", "2026-03-04T05:06:08.241Z"},
      {"expires_at", "2026-04-03T05:06:08.241Z"},
      {"stale", false},
      {"metadata", {{"order", 4711}}}};
}

api_call process_file() {
  const api_json accepted{{"id", example_request},
                          {"status", "accepted"},
                          {"status_url", request_url()},
                          {"events_url", request_url() + "/events"}};
  return {
      .method = "POST",
      .pattern = "/process-file",
      .path = "/process-file",
      .id = "processFile",
      .tag = "requests",
      .summary = "Asks for an image to be processed",
      .text =
          "Answered when the request is durable. A field that is wrong is `invalid_operation`, named by its "
          "JSON "
          "pointer, and nothing is taken. A form needs the scope `upload` as well.",
      .parameters = {"Idempotency-Key"},
      .body = process_body(),
      .answers = {{202,
                   "it will be done",
                   {"Location", "Cache-Control"},
                   json_content("AcceptedRequest", accepted)}},
      .errors = {errc::forbidden, errc::not_found, errc::length_required, errc::too_large,
                 errc::unsupported_media, errc::invalid_image, errc::too_many_pixels, errc::invalid_operation,
                 errc::idempotency_mismatch, errc::no_quorum, errc::draining, errc::disk_full},
      .scope = "process"};
}

api_call list_requests() {
  return {.method = "GET",
          .pattern = "/requests",
          .path = "/requests",
          .id = "listRequests",
          .tag = "requests",
          .summary = "Lists requests",
          .text = "Newest first. A parameter that is not listed here is refused.",
          .parameters = {"status", "since", "limit", "cursor"},
          .answers = {{200,
                       "a page",
                       {"Cache-Control"},
                       json_content("RequestPage", {{"requests", api_json::array({record_example()})},
                                                    {"next_cursor", nullptr},
                                                    {"stale", false}})}},
          .scope = "read"};
}

api_call get_request() {
  return {.method = "GET",
          .pattern = "/requests/{id}",
          .path = "/requests/{id}",
          .id = "getRequest",
          .tag = "requests",
          .summary = "The record of a request",
          .text = "With `?wait` it is answered when the request is final, or as it is when the time is up.",
          .parameters = {"id", "wait"},
          .answers = {{200, "as it is now", {"Cache-Control"}, json_content("Request", record_example())}},
          .errors = {errc::not_found}};
}

api_call watch_request() {
  const std::string events =
      "id: 0\nevent: status\ndata: " + event("2026-03-04T05:06:08.011Z", "accepted", "", 0).dump() +
      "\n\nid: 1\nevent: status\ndata: " +
      event("2026-03-04T05:06:08.020Z", "preprocessing", "preprocessor-1", 0).dump() + "\n\n";
  const api_json stream{{"type", "string"},
                        {"contentMediaType", "text/event-stream"},
                        {"description",
                         "events `status`, each with a TimelineEvent as JSON in its data and its place in "
                         "the timeline as its id"}};
  return {.method = "GET",
          .pattern = "/requests/{id}/events",
          .path = "/requests/{id}/events",
          .id = "watchRequest",
          .tag = "requests",
          .summary = "Each change of a request as it happens",
          .text =
              "Server-Sent Events, from the first change on or from the one after `Last-Event-ID`; comments "
              "keep the "
              "connection open; the stream ends after the final one.",
          .parameters = {"id", "Last-Event-ID"},
          .answers = {{200,
                       "the stream",
                       {"Cache-Control"},
                       {{"text/event-stream", {{"schema", stream}, {"example", events}}}}},
                      {204, "the final event was seen already: an EventSource comes no more"}},
          .errors = {errc::not_found}};
}

api_call cancel_request() {
  return {.method = "DELETE",
          .pattern = "/requests/{id}",
          .path = "/requests/{id}",
          .id = "cancelRequest",
          .tag = "requests",
          .summary = "Cancels a request",
          .text = "`conflict` when it is final.",
          .parameters = {"id"},
          .answers = {{204, "cancelled"}},
          .errors = {errc::not_found, errc::conflict, errc::no_quorum},
          .scope = "process"};
}

}  // namespace

api_json final_request_example() { return record_example(); }

std::vector<api_call> request_calls(const api_facts& /*facts*/) {
  return {process_file(), list_requests(), get_request(), watch_request(), cancel_request()};
}

}  // namespace dip::http
