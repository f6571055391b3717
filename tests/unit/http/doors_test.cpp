#include "http/doors.hpp"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "http/rate_limiter.hpp"
#include "tests/unit/http/fixture.hpp"

namespace dip::http::test {
namespace {

struct turned_clock final : clock {
  wall_time at = noon;
  steady_time ticks{};
  wall_time wall() const override { return at; }
  steady_time steady() const override { return ticks; }
};

// What stands for SHA-256: 64 digits that tell texts apart.
std::string fake_hash(std::string_view text) {
  std::string out(64, '0');
  for (size_t i = 0; i < text.size(); ++i) out[i % 64] = static_cast<char>('a' + (out[i % 64] + text[i]) % 6);
  return out;
}

api_key key(const std::string& name, scope_set scopes) {
  api_key k;
  k.name = name;
  k.sha256 = fake_hash("secret-" + name);
  k.scopes = scopes;
  return k;
}

struct doors_kit {
  turned_clock time;
  doors::rules rules{"http://127.0.0.1:8080", {}, {}, {}, fake_hash};
  std::unique_ptr<doors> at;

  doors& open(credentials c = {}) {
    at = std::make_unique<doors>(rules, time);
    at->set(std::move(c));
    return *at;
  }
  static http_request from(const std::string& peer, std::vector<name_value> headers) {
    http_request r;
    r.method = "GET";
    r.peer = peer;
    r.client = 7;
    r.headers = std::move(headers);
    return r;
  }
  static http_request local(std::vector<name_value> headers = {}) {
    headers.emplace_back("Host", "127.0.0.1:8080");
    return from("127.0.0.1", std::move(headers));
  }
  static http_request with_key(const std::string& name) {
    return from("203.0.113.9", {{"Host", "img.example.org"}, {"Authorization", "Bearer secret-" + name}});
  }
  int status(http_request r, scope_set needs, bool counted = true) {
    const auto refusal = at->admit(r, needs, counted);
    by = r.by;
    last = refusal.value_or(http_response{});
    return refusal ? refusal->status : 200;
  }
  std::string header(const std::string& name) const {
    for (const auto& [key_, value] : last.headers)
      if (key_ == name) return value;
    return {};
  }
  std::string detail() const { return nlohmann::json::parse(last.body).value("detail", ""); }
  caller by;
  http_response last;
};

TEST_CASE("without keys all but the operator's calls are open to all") {
  doors_kit k;
  k.open();
  const auto stranger = doors_kit::from("203.0.113.9", {{"Host", "x"}});
  for (const auto s : {scope::upload, scope::process, scope::read}) CHECK(k.status(stranger, {s}) == 200);
  CHECK(k.status(stranger, {scope::admin}) == 403);
  CHECK(k.status(stranger, {}) == 200);
  CHECK(k.by.name.empty());
}

TEST_CASE("a key that nobody asks for is not looked at") {
  doors_kit k;
  k.open();
  CHECK(k.status(doors_kit::with_key("nobody"), {scope::upload}) == 200);
}

TEST_CASE("with keys each call needs its scope") {
  doors_kit k;
  k.open({true, {key("shop", {scope::upload, scope::process}), key("boss", {scope::admin})}, ""});
  const auto stranger = doors_kit::from("203.0.113.9", {{"Host", "x"}});
  CHECK(k.status(stranger, {}) == 200);
  CHECK(k.status(stranger, {scope::upload}) == 401);
  CHECK(k.header("WWW-Authenticate") == "Bearer realm=\"dip\"");
  CHECK(k.detail() == "this call needs an API key with the scope \"upload\"");
  CHECK(k.status(doors_kit::with_key("shop"), {scope::upload}) == 200);
  CHECK(k.by.name == "shop");
  CHECK(k.status(doors_kit::with_key("shop"), {scope::upload, scope::process}) == 200);
  CHECK(k.status(doors_kit::with_key("shop"), {scope::read}) == 403);
  CHECK(k.detail() == "the key shop has no scope \"read\"");
  CHECK(k.status(doors_kit::with_key("shop"), {scope::upload, scope::read}) == 403);
  CHECK(k.status(doors_kit::with_key("shop"), {scope::admin}) == 403);
  for (const auto s : {scope::upload, scope::process, scope::read, scope::admin})
    CHECK(k.status(doors_kit::with_key("boss"), {s}) == 200);
}

TEST_CASE("a wrong key is refused also where none is needed, another scheme is passed over") {
  doors_kit k;
  k.open({true, {key("shop", {scope::upload})}, ""});
  CHECK(k.status(doors_kit::with_key("shap"), {}) == 401);
  CHECK(k.detail() == "this key is not known");
  auto basic = doors_kit::from("203.0.113.9", {{"Authorization", "Basic c2VjcmV0LXNob3A="}});
  CHECK(k.status(basic, {}) == 200);
  CHECK(k.status(basic, {scope::upload}) == 401);
  CHECK(k.status(doors_kit::from("203.0.113.9", {{"Authorization", "bearer  secret-shop"}}),
                 {scope::upload}) == 200);
  CHECK(k.status(doors_kit::from("203.0.113.9", {{"Authorization", "Bearer"}}), {}) == 200);
  CHECK(k.status(doors_kit::from("203.0.113.9", {{"Authorization", "Bearer "}}), {}) == 401);
}

TEST_CASE("a key ends at its time") {
  doors_kit k;
  auto shop = key("shop", {scope::upload});
  shop.expires_at = noon + milliseconds{1};
  k.open({true, {shop}, ""});
  CHECK(k.status(doors_kit::with_key("shop"), {scope::upload}) == 200);
  k.time.at += milliseconds{1};
  CHECK(k.status(doors_kit::with_key("shop"), {scope::upload}) == 401);
  CHECK(k.detail() == "this key has expired");
}

TEST_CASE("new keys hold from the next request on") {
  doors_kit k;
  auto& d = k.open({true, {key("shop", {scope::upload})}, ""});
  d.set({true, {key("blog", {scope::upload})}, ""});
  CHECK(k.status(doors_kit::with_key("shop"), {scope::upload}) == 401);
  CHECK(k.status(doors_kit::with_key("blog"), {scope::upload}) == 200);
}

TEST_CASE("with an admin token operators need it, wherever they are") {
  doors_kit k;
  k.open({false, {}, fake_hash("secret-boss")});
  CHECK(k.status(doors_kit::local(), {scope::admin}) == 401);
  CHECK(k.status(doors_kit::local(), {scope::read}) == 200);
  CHECK(k.status(doors_kit::with_key("boss"), {scope::admin}) == 200);
  CHECK(k.by.name == "admin");
  CHECK(k.status(doors_kit::with_key("other"), {scope::admin}) == 401);
}

TEST_CASE("without a token whoever is on the machine is the operator, and nobody who only seems to be") {
  doors_kit k;
  k.open();
  const auto admin = [&](const http_request& r) { return k.status(r, {scope::admin}); };
  CHECK(admin(doors_kit::local()) == 200);
  CHECK(admin(doors_kit::from("::1", {{"Host", "[::1]:8080"}})) == 200);
  CHECK(admin(doors_kit::from("127.0.0.1", {{"Host", "LocalHost"}})) == 200);
  CHECK(admin(doors_kit::local({{"Origin", "http://127.0.0.1:8080"}})) == 200);
  CHECK(admin(doors_kit::local({{"Origin", "http://localhost:8080"}})) == 200);
  for (const std::string host :
       {"img.example.org", "127.0.0.1.example.org", "localhost.example.org", "", "[::2]"})
    CHECK(admin(doors_kit::from("127.0.0.1", {{"Host", host}})) == 403);
  for (const std::string peer : {"203.0.113.9", "10.0.0.1", "::2", "1.127.0.0"})
    CHECK(admin(doors_kit::from(peer, {{"Host", "127.0.0.1"}})) == 403);
  for (const std::string proxied : {"Forwarded", "x-forwarded-for", "X-Forwarded-Host", "X-Real-IP", "Via"})
    CHECK(admin(doors_kit::local({{proxied, "x"}})) == 403);
  for (const std::string origin : {"https://evil.example", "null", "http://127.0.0.1.evil.example"})
    CHECK(admin(doors_kit::local({{"Origin", origin}})) == 403);
}

TEST_CASE("a node for the world, or one with keys, trusts no address") {
  doors_kit k;
  k.open({true, {}, ""});
  CHECK(k.status(doors_kit::local(), {scope::admin}) == 401);
  k.rules.public_url = "https://img.example.org";
  k.open();
  CHECK(k.status(doors_kit::local(), {scope::admin}) == 403);
  k.rules.public_url = "http://localhost:8080/prefix";
  k.open();
  CHECK(k.status(doors_kit::local(), {scope::admin}) == 200);
}

TEST_CASE("an address calls no more often than it may, and is told when it may again") {
  doors_kit k;
  k.rules.per_address = {2, 3};
  k.open();
  const auto stranger = doors_kit::from("203.0.113.9", {});
  for (int i = 0; i < 3; ++i) CHECK(k.status(stranger, {}) == 200);
  CHECK(k.status(stranger, {}) == 429);
  CHECK(k.header("Retry-After") == "1");
  CHECK(k.status(stranger, {}, false) == 200);
  auto other = stranger;
  other.client = 8;
  CHECK(k.status(other, {}) == 200);
  k.time.ticks += milliseconds{499};
  CHECK(k.status(stranger, {}) == 429);
  k.time.ticks += milliseconds{1};
  CHECK(k.status(stranger, {}) == 200);
  CHECK(k.status(stranger, {}) == 429);
}

TEST_CASE("behind a trusted proxy those are counted who speak to it") {
  doors_kit k;
  k.rules.trusted_proxies = {*parse_network("10.0.0.0/8"), *parse_network("2001:db8::/32")};
  auto& d = k.open();
  const auto seen = [&](const std::string& peer, const std::string& chain) {
    auto r = doors_kit::from(peer, {});
    if (!chain.empty()) r.headers.emplace_back("X-Forwarded-For", chain);
    CHECK(!d.admit(r, {}, true));
    return r.peer;
  };
  CHECK(seen("10.0.0.1", "203.0.113.9") == "203.0.113.9");
  CHECK(seen("10.0.0.1", "192.0.2.1, 203.0.113.9") == "203.0.113.9");
  CHECK(seen("10.0.0.1", "192.0.2.1,203.0.113.9 ,\t10.9.9.9") == "203.0.113.9");
  CHECK(seen("10.0.0.1", "10.0.0.2") == "10.0.0.2");
  CHECK(seen("10.0.0.1", "") == "10.0.0.1");
  CHECK(seen("10.0.0.1", ",") == "10.0.0.1");
  CHECK(seen("10.0.0.1", "somebody") == "10.0.0.1");
  CHECK(seen("10.0.0.1", "203.0.113.9, somebody") == "10.0.0.1");
  CHECK(seen("2001:db8::1", "2a00::1") == "2a00::1");
  CHECK(seen("192.0.2.77", "203.0.113.9") == "192.0.2.77");
  auto one = doors_kit::from("10.0.0.1", {{"X-Forwarded-For", "0.0.1.2"}});
  CHECK(!d.admit(one, {}, true));
  CHECK(one.client == 258);
}

TEST_CASE("a key's own limit stands for its address's, and a wrong key counts for the address") {
  doors_kit k;
  k.rules.per_address = {1, 1};
  auto shop = key("shop", {scope::upload});
  shop.calls = {1, 2};
  k.open({true, {shop, key("free", {scope::upload})}, ""});
  CHECK(k.status(doors_kit::with_key("shop"), {}) == 200);
  CHECK(k.status(doors_kit::with_key("shop"), {}) == 200);
  CHECK(k.status(doors_kit::with_key("shop"), {}) == 429);
  for (int i = 0; i < 50; ++i) CHECK(k.status(doors_kit::with_key("free"), {}) == 200);
  CHECK(k.status(doors_kit::with_key("guess"), {}) == 401);
  CHECK(k.status(doors_kit::with_key("guess"), {}) == 429);
}

TEST_CASE("a key sends no more bytes in a day than it may") {
  doors_kit k;
  auto shop = key("shop", {scope::upload});
  shop.bytes = 86'400;  // one a second
  k.open({true, {shop}, ""});
  CHECK(k.status(doors_kit::with_key("shop"), {scope::upload}) == 200);
  k.at->account(k.by, 86'399);
  CHECK(k.status(doors_kit::with_key("shop"), {scope::upload}) == 429);
  CHECK(k.detail() == "the key shop has sent all the bytes that it may in a day");
  CHECK(k.status(doors_kit::with_key("shop"), {}) == 200);
  k.time.ticks += std::chrono::seconds{1};
  CHECK(k.status(doors_kit::with_key("shop"), {scope::upload}) == 200);
  k.at->account(k.by, 1000);
  CHECK(k.status(doors_kit::with_key("shop"), {scope::upload}) == 429);
  CHECK(k.header("Retry-After") == "1001");
}

TEST_CASE("buckets that are full again are forgotten, and there are never too many") {
  rate_limiter l{3};
  const allowance of{1, 1};
  steady_time now{};
  for (const auto* who : {"a", "b", "c"}) CHECK(!l.take(who, of, now));
  CHECK(!l.take("d", of, now));
  CHECK(!l.take("d", of, now));
  CHECK(l.remembered() == 3);
  CHECK(l.take("a", of, now) == milliseconds{1000});
  now += std::chrono::seconds{2};
  CHECK(!l.take("d", of, now));
  CHECK(l.remembered() == 1);
  CHECK(l.take("d", of, now));
}

TEST_CASE("pages of configured origins may read the answers") {
  doors_kit k;
  k.rules.cors_origins = {"https://app.example.org"};
  auto& d = k.open();
  const auto finish = [&](const std::string& origin) {
    http_response out;
    d.finish(doors_kit::local({{"Origin", origin}}), out);
    k.last = out;
  };
  finish("https://app.example.org");
  CHECK(k.header("Access-Control-Allow-Origin") == "https://app.example.org");
  CHECK(k.header("Vary") == "Origin");
  CHECK(k.header("Access-Control-Expose-Headers").find("Location") != std::string::npos);
  finish("https://app.example.org.evil.example");
  CHECK(k.header("Access-Control-Allow-Origin").empty());
  CHECK(k.header("Vary") == "Origin");
  auto question =
      doors_kit::local({{"Origin", "https://app.example.org"}, {"Access-Control-Request-Method", "POST"}});
  const auto answer = d.preflight(question);
  REQUIRE(answer);
  CHECK(answer->status == 204);
  question.headers[0].second = "https://evil.example";
  CHECK(!d.preflight(question));
  CHECK(!d.preflight(doors_kit::local({{"Origin", "https://app.example.org"}})));
  k.rules.cors_origins = {"*"};
  http_response open;
  k.open().finish(doors_kit::local({{"Origin", "https://anybody.example"}}), open);
  CHECK(open.headers.front() == name_value{"Access-Control-Allow-Origin", "*"});
}

TEST_CASE("without configured origins no answer speaks of them") {
  doors_kit k;
  http_response out;
  k.open().finish(doors_kit::local({{"Origin", "https://app.example.org"}}), out);
  CHECK(out.headers.empty());
}

// The same through a server.
struct guarded : fixture {
  guarded() : fixture(router{}) {}
  ~guarded() { second.reset(); }
  void serve(doors& at) {
    auto c = context();
    c.at = &at;
    second = std::make_unique<server>(make_routes(c), time, access_log{}, server_options{.threads = 4});
    port = second->start("127.0.0.1", 0).value();
  }
  std::unique_ptr<server> second;
};

TEST_CASE("each route asks for its scope") {
  doors_kit k;
  auto& at = k.open(
      {true, {key("up", {scope::upload}), key("work", {scope::process}), key("look", {scope::read})}, ""});
  guarded f;
  f.serve(at);
  const std::string up = "Authorization: Bearer secret-up\r\n",
                    work = "Authorization: Bearer secret-work\r\n",
                    look = "Authorization: Bearer secret-look\r\n";
  CHECK(f.get("/healthz").status == 200);
  CHECK(code_of(f.get("/files")) == "unauthorized");
  CHECK(code_of(f.get("/files", up)) == "forbidden");
  CHECK(f.get("/files", look).status == 200);
  CHECK(code_of(f.get("/requests")) == "unauthorized");
  CHECK(f.get("/requests", look).status == 200);
  CHECK(code_of(f.post("/files", "x")) == "unauthorized");
  CHECK(code_of(f.post("/files", "x", work)) == "forbidden");
  CHECK(f.post("/files", "x", up).status == 201);
  const auto name = f.files.put("bytes");
  CHECK(f.get("/files/" + name.path()).status == 200);
  CHECK(code_of(f.call("DELETE", "/files/" + name.path())) == "unauthorized");
  CHECK(f.call("DELETE", "/files/" + name.path(), up).status == 204);
  const auto request = R"({"file":")" + f.files.put("bytes").key + R"("})";
  CHECK(code_of(f.post("/process-file", request, up)) == "forbidden");
  const auto taken = f.post("/process-file", request, work);
  CHECK(taken.status == 202);
  CHECK(f.requests.by.name == "work");
  const auto id = nlohmann::json::parse(taken.body).value("id", "");
  CHECK(f.get("/requests/" + id).status == 200);
  CHECK(code_of(f.call("DELETE", "/requests/" + id, look)) == "forbidden");
  CHECK(f.call("DELETE", "/requests/" + id, work).status == 204);
  const std::string form =
      "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\nx\r\n"
      "--b\r\nContent-Disposition: form-data; name=\"request\"\r\n\r\n{}\r\n--b--\r\n";
  CHECK(code_of(f.post("/process-file", form, work + "Content-Type: multipart/form-data; boundary=b\r\n")) ==
        "forbidden");
}

TEST_CASE("files of a bucket that is not public need a key that reads") {
  doors_kit k;
  auto& at = k.open({true, {key("up", {scope::upload}), key("look", {scope::read})}, ""});
  guarded f;
  f.conf.security.public_read = {"rtp-processed-files"};
  f.serve(at);
  const auto hidden = "/files/" + f.files.put("bytes").path();
  const auto open = "/files/" + f.files.put("bytes", "", "/a.png", bucket::processed_files).path();
  for (const bool opened_lately : {false, true}) {
    f.files.recalls = opened_lately;
    CHECK(f.get(open).status == 200);
    CHECK(code_of(f.get(hidden)) == "unauthorized");
    CHECK(code_of(f.get(hidden + "?info")) == "unauthorized");
    CHECK(f.call("HEAD", hidden).status == 401);
    CHECK(code_of(f.get(hidden, "Authorization: Bearer secret-up\r\n")) == "forbidden");
    CHECK(f.get(hidden, "Authorization: Bearer secret-look\r\n").status == 200);
  }
}

TEST_CASE("also a refusal can be read by the pages that may, and a stream of events") {
  doors_kit k;
  k.rules.cors_origins = {"https://app.example.org"};
  guarded f;
  f.serve(k.open());
  const std::string origin = "Origin: https://app.example.org\r\n";
  CHECK(f.get("/nothing", origin).header("Access-Control-Allow-Origin") == "https://app.example.org");
  const auto id = f.requests.add(request_status::processed).id.text();
  CHECK(f.get("/requests/" + id + "/events", origin).header("Access-Control-Allow-Origin") ==
        "https://app.example.org");
  const auto asked = f.call("OPTIONS", "/files", origin + "Access-Control-Request-Method: POST\r\n");
  CHECK(asked.status == 204);
  CHECK(asked.header("Access-Control-Allow-Methods") == "GET, HEAD, POST, DELETE");
  CHECK(asked.header("Access-Control-Allow-Origin") == "https://app.example.org");
  CHECK(!f.get("/healthz", "Origin: https://evil.example\r\n").has("Access-Control-Allow-Origin"));
}

}  // namespace
}  // namespace dip::http::test
