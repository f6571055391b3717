#include <future>
#include <latch>

#include <curl/curl.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "http/upload_body.hpp"
#include "tests/unit/http/fixture.hpp"

namespace dip::http::test {
namespace {

using nlohmann::json;

std::string form(const std::string& parts, const std::string& boundary = "BB") {
  return parts + "--" + boundary + "--\r\n";
}
std::string part(const std::string& disposition, const std::string& content,
                 const std::string& boundary = "BB") {
  return "--" + boundary + "\r\nContent-Disposition: form-data; " + disposition +
         "\r\nContent-Type: image/png\r\n\r\n" + content + "\r\n";
}
const std::string multipart = "Content-Type: multipart/form-data; boundary=BB\r\n";

std::string chunk(const std::string& bytes) {
  char size[20];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + bytes + "\r\n";
}
const std::string chunked_post = "POST /files HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

// Nothing stays of an upload that was refused.
void check_nothing_kept(fixture& f) {
  f.running->stop();
  CHECK(f.files.objects.empty());
  CHECK(f.files.live_uploads == 0);
}

TEST_CASE("a raw upload answers what it is") {
  fixture f;
  const auto r = f.post("/files?name=cat.png", "pixels", "Content-Type: text/nonsense\r\n");
  REQUIRE(r.status == 201);
  const auto body = json::parse(r.body);
  const auto& row = f.files.objects.begin()->second.row;
  CHECK(body == json{{"bucket", "rtp-request-files"},
                     {"key", row.name.key},
                     {"url", "http://img.example.org/files/" + row.name.path()},
                     {"size", 6},
                     {"sha256", row.sha256},
                     {"content_type", "image/png"},
                     {"format", "png"},
                     {"width", 40},
                     {"height", 30},
                     {"pages", 1},
                     {"has_alpha", false}});
  CHECK(r.header("Location") == body["url"]);
  CHECK(f.files.objects.begin()->second.bytes == "pixels");
  CHECK(row.original_name == "cat.png");
}

TEST_CASE("a raw upload's name comes from Content-Disposition first") {
  fixture f;
  const auto named = [&](const std::string& header) {
    f.files.objects.clear();
    REQUIRE(f.post("/files?name=q.png", "x", header).status == 201);
    return f.files.objects.begin()->second.row.original_name;
  };
  CHECK(named("Content-Disposition: attachment; filename=\"a b.png\"\r\n") == "a b.png");
  CHECK(named("Content-Disposition: attachment; filename=t.png; filename*=UTF-8''%C3%BC.png\r\n") ==
        "\xC3\xBC.png");
  CHECK(named("Content-Disposition: attachment; filename=\"../../etc/passwd\"\r\n") == "passwd");
  CHECK(named("Content-Disposition: attachment; filename=\"C:\\temp\\x.png\"\r\n") == "x.png");
  CHECK(named("Content-Disposition: attachment\r\n") == "q.png");
}

TEST_CASE("a form's part file is the upload") {
  fixture f;
  const auto body =
      form(part("name=\"note\"", "ignored") + part("name=\"file\"; filename=\"cat.png\"", "pix\r\n--Bels") +
           part("name=\"more\"", "ignored"));
  REQUIRE(f.post("/files", body, multipart).status == 201);
  CHECK(f.files.objects.begin()->second.bytes == "pix\r\n--Bels");
  CHECK(f.files.objects.begin()->second.row.original_name == "cat.png");
}

TEST_CASE("a form without exactly one file is refused") {
  fixture f;
  const auto refused = [&](const std::string& body, const std::string& headers = multipart) {
    return code_of(f.post("/files", body, headers));
  };
  const auto file = part("name=\"file\"; filename=\"a.png\"", "pixels");
  CHECK(refused(form(file + file)) == "bad_request");
  CHECK(refused(form(part("name=\"other\"", "x"))) == "bad_request");
  CHECK(refused(form("")) == "bad_request");
  CHECK(refused(file) == "bad_request");
  CHECK(refused("") == "bad_request");
  CHECK(refused("no boundary in here") == "bad_request");
  CHECK(refused(form(file), "Content-Type: multipart/form-data\r\n") == "bad_request");
  CHECK(refused(form(part("name=\"file\"", ""))) == "invalid_image");
  check_nothing_kept(f);
}

TEST_CASE("an empty or unannounced body is no image") {
  fixture f;
  CHECK(code_of(f.post("/files", "")) == "invalid_image");
  CHECK(code_of(wire{f.port}.call(chunked_post + "0\r\n\r\n")) == "invalid_image");
  CHECK(code_of(f.call("POST", "/files")) == "length_required");
  check_nothing_kept(f);
}

TEST_CASE("the limit is the last size that is taken") {
  fixture f;
  const auto limit = f.conf.limits.upload;
  const std::string most(limit, 'x');
  const auto as_form = [&](const std::string& file) {
    return form(part("name=\"file\"; filename=\"a\"", file));
  };
  CHECK(f.post("/files", most).status == 201);
  CHECK(f.post("/files", as_form(most), multipart).status == 201);
  CHECK(wire{f.port}.call(chunked_post + chunk(most) + "0\r\n\r\n").status == 201);
  f.files.objects.clear();
  CHECK(code_of(f.post("/files", most + "x")) == "too_large");
  CHECK(code_of(f.post("/files", as_form(most + "x"), multipart)) == "too_large");
  CHECK(code_of(wire{f.port}.call(chunked_post + chunk(most + "x") + "0\r\n\r\n")) == "too_large");
  check_nothing_kept(f);
}

TEST_CASE("an announced length over the limit is refused before the body") {
  fixture f;
  const auto announce = [&](std::uint64_t size, const std::string& headers = "") {
    return code_of(f.call("POST", "/files", "Content-Length: " + std::to_string(size) + "\r\n" + headers));
  };
  CHECK(announce(f.conf.limits.upload + 1) == "too_large");
  CHECK(announce(f.conf.limits.upload + multipart_overhead + 1, multipart) == "too_large");
  CHECK(announce(UINT64_MAX) == "too_large");
  CHECK(f.files.written == 0);
  check_nothing_kept(f);
}

TEST_CASE("a refusal arrives although the body is still being sent") {
  fixture f;
  wire w{f.port};
  w.send("POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n");
  w.send(std::string(8'000'000, 'x'));
  CHECK(code_of(w.receive()) == "too_large");
  CHECK(w.closed());
  w.close();
  check_nothing_kept(f);
}

std::uint64_t peak_memory() {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  return static_cast<std::uint64_t>(use.ru_maxrss) * 1024;
}

TEST_CASE("a large upload is never held in memory") {
  auto c = small_limits();
  c.limits.upload = 256 << 20;
  fixture f{c};
  const auto before = peak_memory();
  const auto piece = chunk(std::string(1 << 20, 'x'));
  wire w{f.port};
  w.send(chunked_post);
  for (int i = 0; i < 200; ++i) REQUIRE(w.send(piece));
  CHECK(w.call("0\r\n\r\n").status == 201);
  CHECK(f.files.written == 200ull << 20);
  CHECK(peak_memory() - before < 64u << 20);
}

TEST_CASE("an endless chunked body ends at the limit") {
  fixture f;
  const auto before = peak_memory();
  const auto piece = chunk(std::string(64 << 10, 'x'));
  for (const std::string& headers : {std::string{}, multipart}) {
    wire w{f.port};
    w.send("POST /files HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + headers + "\r\n");
    for (int i = 0; i < 640 && w.send(piece); ++i) {
    }
    CHECK(code_of(w.receive()) == "too_large");
  }
  CHECK(peak_memory() - before < 32u << 20);
  CHECK(f.files.written <= f.conf.limits.upload);
  check_nothing_kept(f);
}

TEST_CASE("an upload that breaks off leaves nothing") {
  fixture f;
  std::latch arrived{1};
  f.files.wrote = [&, once = std::make_shared<std::once_flag>()] {
    std::call_once(*once, [&] { arrived.count_down(); });
  };
  {
    wire w{f.port};
    w.send("POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nhalf");
    arrived.wait();
  }
  f.logged(1);
  check_nothing_kept(f);
}

TEST_CASE("a body that ends early or is framed wrongly is refused") {
  fixture f;
  wire w{f.port};
  w.send("POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf");
  ::shutdown(w.descriptor(), SHUT_WR);
  CHECK(code_of(w.receive()) == "bad_request");
  CHECK(code_of(wire{f.port}.call(chunked_post + "zz\r\nxx\r\n")) == "bad_request");
  CHECK(code_of(wire{f.port}.call(chunked_post + "-2\r\nxx\r\n")) == "bad_request");
  check_nothing_kept(f);
}

TEST_CASE("a body that stalls is given up") {
  fixture f;
  server s{make_routes(f.context()), f.time, {}, {.body_grace = milliseconds{1}, .min_rate = 1 << 20}};
  wire w{s.start("127.0.0.1", 0).value()};
  w.send("POST /files HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
  CHECK(code_of(w.receive()) == "timeout");
  check_nothing_kept(f);
}

TEST_CASE("what the node answers to an upload becomes the status") {
  const std::pair<errc, int> all[] = {{errc::unsupported_media, 415}, {errc::invalid_image, 422},
                                      {errc::too_many_pixels, 422},   {errc::no_quorum, 503},
                                      {errc::draining, 503},          {errc::overloaded, 503},
                                      {errc::disk_full, 507},         {errc::io, 500}};
  fixture f;
  for (auto* at : {&f.files.on_begin, &f.files.on_write, &f.files.on_finish}) {
    for (const auto& [code, status] : all) {
      *at = error{code, "the very words", {}};
      const auto r = f.post("/files", "pixels");
      CHECK(r.status == status);
      CHECK(code_of(r) == (code == errc::io ? "internal" : to_string(code)));
      CHECK((r.body.find("the very words") == std::string::npos) == (code == errc::io));
      CHECK(r.has("Retry-After") == (status == 503));
    }
    at->reset();
  }
  check_nothing_kept(f);
}

TEST_CASE("sixty-four uploads at a time are kept apart") {
  fixture f;
  std::latch all{64};
  f.files.wrote = [&] { all.arrive_and_wait(); };
  std::vector<std::future<reply>> replies;
  for (int i = 0; i < 64; ++i)
    replies.push_back(std::async(std::launch::async,
                                 [&f, i] { return f.post("/files", std::string(100, char('0' + i))); }));
  for (auto& r : replies) CHECK(r.get().status == 201);
  CHECK(f.files.objects.size() == 64);
  for (const auto& [name, file] : f.files.objects) CHECK(file.bytes == std::string(100, file.bytes[0]));
}

TEST_CASE("100-continue is sent for a body that is taken, and no other") {
  fixture f;
  wire w{f.port};
  const std::string head = "POST /files HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: ";
  CHECK(w.call(head + "3\r\n\r\n").status == 100);
  CHECK(w.call("abc").status == 201);
  const auto refused = w.call(head + "99999999\r\n\r\n");
  CHECK(code_of(refused) == "too_large");
  CHECK(w.closed());
  CHECK(code_of(wire{f.port}.call(
            "POST /nothing HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")) ==
        "not_found");
}

TEST_CASE("curl uploads, with 100-continue and as a form") {
  fixture f;
  const std::string bytes(f.conf.limits.upload, 'c');
  CURL* const c = curl_easy_init();
  curl_easy_setopt(c, CURLOPT_URL, ("http://127.0.0.1:" + std::to_string(f.port) + "/files").c_str());
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, +[](char*, size_t, size_t n, void*) { return n; });
  const auto status = [&] {
    CHECK(curl_easy_perform(c) == CURLE_OK);
    long out = 0;
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &out);
    return out;
  };
  curl_slist* const expect = curl_slist_append(nullptr, "Expect: 100-continue");
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, expect);
  curl_easy_setopt(c, CURLOPT_POSTFIELDS, bytes.data());
  curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, static_cast<long>(bytes.size()));
  CHECK(status() == 201);
  curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, static_cast<long>(bytes.size() + 1));
  CHECK(status() == 413);

  curl_mime* const mime = curl_mime_init(c);
  curl_mimepart* const file = curl_mime_addpart(mime);
  curl_mime_name(file, "file");
  curl_mime_filename(file, "a \"quoted\" name.png");
  curl_mime_data(file, bytes.data(), bytes.size());
  curl_easy_setopt(c, CURLOPT_MIMEPOST, mime);
  CHECK(status() == 201);
  curl_mime_free(mime);
  curl_slist_free_all(expect);
  curl_easy_cleanup(c);
  CHECK(f.files.objects.size() == 2);
  std::vector<std::string> names;
  for (const auto& [name, stored] : f.files.objects) names.push_back(stored.row.original_name);
  CHECK(std::ranges::count_if(names, [](const auto& n) { return n.find("quoted") != std::string::npos; }) ==
        1);
}

}  // namespace
}  // namespace dip::http::test
