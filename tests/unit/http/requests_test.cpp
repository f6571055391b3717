#include "tests/unit/http/fixture.hpp"

namespace dip::http::test {
namespace {

using nlohmann::json;

const std::string as_json = "Content-Type: application/json; charset=utf-8\r\n";

TEST_CASE("a request is accepted and says where it is followed") {
  fixture f;
  const auto r =
      f.post("/process-file", R"({"file":"k.png","preset":"avatar"})", as_json + "Idempotency-Key: a b\r\n");
  REQUIRE(r.status == 202);
  const auto id = f.requests.records.begin()->first.text();
  const auto url = "http://img.example.org/requests/" + id;
  CHECK(json::parse(r.body) ==
        json{{"id", id}, {"status", "accepted"}, {"status_url", url}, {"events_url", url + "/events"}});
  CHECK(r.header("Location") == url);
  CHECK(f.requests.submitted.file == "k.png");
  CHECK(f.requests.submitted.preset == "avatar");
  CHECK(f.requests.key == "a b");
  CHECK(f.requests.body == R"({"file":"k.png","preset":"avatar"})");
}

TEST_CASE("JSON may come without a type, and with no other") {
  fixture f;
  CHECK(f.post("/process-file", R"({"file":"k"})").status == 202);
  CHECK(f.post("/process-file", R"({"file":"k"})", "Content-Type: Application/JSON\r\n").status == 202);
  CHECK(code_of(f.post("/process-file", R"({"file":"k"})", "Content-Type: text/plain\r\n")) ==
        "unsupported_media");
}

TEST_CASE("a request that is wrong says where") {
  fixture f;
  for (const std::string bad : {"", "{", "[]", "null", "\xff\xfe"})
    CHECK(code_of(f.post("/process-file", bad)) == "bad_request");
  const auto r = f.post("/process-file", R"({"file":"k","colour":1})");
  CHECK(r.status == 422);
  CHECK(code_of(r) == "invalid_operation");
  CHECK(json::parse(r.body)["pointer"] == "/colour");
  CHECK(code_of(f.post("/process-file", R"({"preset":"none"})")) == "invalid_operation");
  CHECK(f.requests.records.empty());
}

TEST_CASE("a problem has the members of RFC 9457 and ours") {
  fixture f;
  const auto r = f.get("/requests/" + upper_ulid(), "X-Request-Id: r1\r\n");
  CHECK(json::parse(r.body) == json{{"type", "urn:dip:error:not_found"},
                                    {"title", "Not Found"},
                                    {"status", 404},
                                    {"detail", "there is no such request"},
                                    {"code", "not_found"},
                                    {"request_id", "r1"}});
}

TEST_CASE("a request's JSON is taken up to its limit") {
  fixture f;
  const auto sized = [](size_t size) { return R"({"file":")" + std::string(size - 11, 'k') + "\"}"; };
  CHECK(f.post("/process-file", sized(1024)).status == 202);
  CHECK(code_of(f.post("/process-file", sized(1025))) == "too_large");
  const auto chunked = [&](size_t size) {
    char head[20];
    std::snprintf(head, sizeof head, "%zx\r\n", size);
    return wire{f.port}.call("POST /process-file HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" +
                             (head + sized(size)) + "\r\n0\r\n\r\n");
  };
  CHECK(chunked(1024).status == 202);
  CHECK(code_of(chunked(1025)) == "too_large");
  CHECK(code_of(f.call("POST", "/process-file")) == "length_required");
}

TEST_CASE("an idempotency key is printable and of a length") {
  fixture f;
  const auto with = [&](const std::string& key) {
    return f.post("/process-file", R"({"file":"k"})", "Idempotency-Key: " + key + "\r\n").status;
  };
  CHECK(with(std::string(255, 'k')) == 202);
  CHECK(f.requests.key.size() == 255);
  CHECK(with(std::string(256, 'k')) == 400);
  CHECK(with("") == 400);
  CHECK(with("\xC3\xBC") == 400);
}

TEST_CASE("what the node answers to a request becomes the status") {
  const std::pair<errc, int> all[] = {{errc::bad_request, 400},
                                      {errc::unauthorized, 401},
                                      {errc::forbidden, 403},
                                      {errc::not_found, 404},
                                      {errc::method_not_allowed, 405},
                                      {errc::timeout, 408},
                                      {errc::conflict, 409},
                                      {errc::length_required, 411},
                                      {errc::too_large, 413},
                                      {errc::unsupported_media, 415},
                                      {errc::precondition_failed, 412},
                                      {errc::bad_range, 416},
                                      {errc::invalid_image, 422},
                                      {errc::too_many_pixels, 422},
                                      {errc::invalid_operation, 422},
                                      {errc::idempotency_mismatch, 422},
                                      {errc::rate_limited, 429},
                                      {errc::headers_too_large, 431},
                                      {errc::http_version, 505},
                                      {errc::internal, 500},
                                      {errc::overloaded, 503},
                                      {errc::no_quorum, 503},
                                      {errc::draining, 503},
                                      {errc::disk_full, 507},
                                      {errc::worker_crashed, 500},
                                      {errc::stale_lease, 500},
                                      {errc::stage_lost, 500},
                                      {errc::corrupt, 500},
                                      {errc::io, 500},
                                      {errc::not_leader, 500}};
  fixture f;
  for (const auto& [code, status] : all) {
    f.requests.on_submit = error{code, "the very words", {}};
    const auto r = f.post("/process-file", R"({"file":"k"})");
    CHECK(r.status == status);
    CHECK(code_of(r) == (status == 500 ? "internal" : to_string(code)));
    CHECK((r.body.find("the very words") == std::string::npos) == (status == 500));
    CHECK(r.has("Retry-After") == (status == 503 || status == 429));
    CHECK_FALSE(json::parse(r.body)["title"].get<std::string>().empty());
  }
}

TEST_CASE("a record tells all that is known") {
  fixture f;
  auto id = f.requests.add(request_status::failed).id;
  auto& r = f.requests.records[id];
  r.file_name = "cat.png";
  r.preset = "avatar";
  r.what.operations = {{"flip", {}}};
  r.metadata_json = R"({"b":1.10,"a":[1,2]})";
  r.run = 2;
  r.failure = request_failure{errc::invalid_image, "it is cut off", "preprocess"};
  r.outputs = {
      {"large", {bucket::processed_files, upper_ulid() + "/large.png"}, image_format::png, 8, 9, 10}};
  r.email_state = notification_state::sent;
  r.notification_detail = "250 taken";
  r.preprocess_attempts = 3;
  r.timeline = {{noon, request_status::accepted, "n1", "", 0}, {noon, request_status::failed, "n2", "w", 12}};
  const auto reply = f.get("/requests/" + id.text());
  CHECK(reply.status == 200);
  CHECK(reply.header("Cache-Control") == "no-store");
  CHECK(reply.body.find(R"("metadata":{"b":1.10,"a":[1,2]})") != std::string::npos);
  const std::string files = "http://img.example.org/files/";
  CHECK(json::parse(reply.body) ==
        json{{"id", id.text()},
             {"status", "failed"},
             {"run", 2},
             {"file", files + r.file.path()},
             {"file_name", "cat.png"},
             {"preset", "avatar"},
             {"operations", {{{"op", "flip"}}}},
             {"outputs",
              {{{"name", "large"},
                {"url", files + "rtp-processed-files/" + upper_ulid() + "/large.png"},
                {"format", "png"},
                {"width", 8},
                {"height", 9},
                {"size", 10}}}},
             {"error", {{"code", "invalid_image"}, {"detail", "it is cut off"}, {"stage", "preprocess"}}},
             {"notification",
              {{"email", "sent"},
               {"webhook", "none"},
               {"email_detail", "250 taken"},
               {"webhook_detail", nullptr}}},
             {"attempts", {{"preprocess", 3}, {"process", 0}, {"notify", 0}}},
             {"timeline",
              {{{"at", "2026-03-04T12:00:00.500Z"},
                {"status", "accepted"},
                {"node", "n1"},
                {"worker", ""},
                {"took_ms", 0}},
               {{"at", "2026-03-04T12:00:00.500Z"},
                {"status", "failed"},
                {"node", "n2"},
                {"worker", "w"},
                {"took_ms", 12}}}},
             {"created_at", "2026-03-04T12:00:00.500Z"},
             {"updated_at", "2026-03-04T12:00:00.500Z"},
             {"expires_at", nullptr},
             {"stale", false},
             {"metadata", {{"b", 1.1}, {"a", {1, 2}}}}});
}

TEST_CASE("a record that nobody could be asked for says so") {
  fixture f;
  const auto r = f.requests.add(request_status::processing);
  CHECK(json::parse(f.get("/requests/" + r.id.text()).body)["stale"] == false);
  f.requests.stale = true;
  const auto told = f.get("/requests/" + r.id.text());
  CHECK(told.status == 200);
  CHECK(json::parse(told.body)["stale"] == true);
}

TEST_CASE("a request that does not exist is not found, however it is named") {
  fixture f;
  for (const std::string& id : {upper_ulid(), std::string{"x"}, std::string{".."}, upper_ulid() + "%00x"})
    CHECK(f.get("/requests/" + id).status >= 400);
  CHECK(code_of(f.get("/requests/x")) == "not_found");
  CHECK(code_of(f.call("DELETE", "/requests/x")) == "not_found");
  CHECK(code_of(f.get("/requests/" + upper_ulid() + "/events")) == "not_found");
}

struct form_poster {
  fixture f;
  reply post(const std::string& request, const std::string& headers = "", const std::string& more = "") {
    const auto part = [](const std::string& disposition, const std::string& content) {
      return "--BB\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
    };
    return f.post("/process-file",
                  part("name=\"request\"", request) + part("name=\"file\"; filename=\"cat.png\"", "pixels") +
                      more + "--BB--\r\n",
                  "Content-Type: multipart/form-data; boundary=BB\r\n" + headers);
  }
};

TEST_CASE("one form uploads and submits") {
  form_poster p;
  const auto r = p.post(" {\n\"preset\":\"avatar\", \"metadata\":{\"a\": 1.50}}", "Idempotency-Key: k\r\n");
  REQUIRE(r.status == 202);
  const auto& row = p.f.files.objects.begin()->second.row;
  CHECK(row.original_name == "cat.png");
  CHECK(p.f.requests.submitted.file == row.name.key);
  CHECK(p.f.requests.submitted.preset == "avatar");
  CHECK(p.f.requests.submitted.metadata_json == "{\"a\":1.50}");
  CHECK(p.f.requests.key == "k");
  // The same bytes are the same body, wherever they were put.
  CHECK(p.f.requests.body.starts_with(row.sha256));
}

TEST_CASE("of a form that is refused nothing stays") {
  form_poster p;
  CHECK(code_of(p.post("{\"colour\":1}")) == "invalid_operation");
  CHECK(code_of(p.post("{\"file\":\"k\"}")) == "bad_request");
  CHECK(code_of(p.post("[]")) == "bad_request");
  CHECK(code_of(p.post("")) == "bad_request");
  CHECK(code_of(p.post(std::string(1025, ' '))) == "too_large");
  CHECK(code_of(p.post("{}", "", "--BB\r\nContent-Disposition: form-data; name=request\r\n\r\n{}\r\n")) ==
        "bad_request");
  p.f.requests.on_submit = error{errc::overloaded, "full", {}};
  CHECK(code_of(p.post("{}")) == "overloaded");
  CHECK(p.f.files.objects.empty());
  CHECK(p.f.requests.records.empty());
}

TEST_CASE("a form whose outcome is not known keeps its file") {
  form_poster p;
  p.f.requests.on_submit = error{errc::no_quorum, "no answer", {}};
  CHECK(p.post("{}").status == 503);
  CHECK(p.f.files.objects.size() == 1);
}

TEST_CASE("requests are listed by status and time") {
  fixture f;
  f.requests.add(request_status::failed);
  f.requests.add(request_status::failed);
  const auto r = f.get("/requests?status=failed&since=2026-03-04T12:00:00Z&limit=7&cursor=c");
  CHECK(r.status == 200);
  const auto body = json::parse(r.body);
  CHECK(body["requests"].size() == 2);
  CHECK(body["next_cursor"].is_null());
  CHECK(body["stale"] == true);
  CHECK(f.requests.asked.status == request_status::failed);
  CHECK(f.requests.asked.since == noon - milliseconds{500});
  CHECK(f.requests.asked.limit == 7);
  CHECK(f.requests.asked.cursor == "c");
  for (const std::string bad : {"status=lost", "since=noon", "limit=0", "limit=1001", "state=failed"}) {
    INFO(bad);
    CHECK(code_of(f.get("/requests?" + bad)) == "bad_request");
  }
}

TEST_CASE("a request is cancelled unless it is final") {
  fixture f;
  const auto path = "/requests/" + f.requests.add(request_status::accepted).id.text();
  const auto r = f.call("DELETE", path);
  CHECK(r.status == 204);
  CHECK(r.body.empty());
  f.requests.on_cancel = error{errc::conflict, "it is processed", {}};
  CHECK(code_of(f.call("DELETE", path)) == "conflict");
  f.requests.on_cancel.reset();
  CHECK(code_of(f.call("DELETE", "/requests/" + upper_ulid())) == "not_found");
}

}  // namespace
}  // namespace dip::http::test
