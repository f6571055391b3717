#include <algorithm>
#include <future>
#include <latch>
#include <stdexcept>
#include <thread>

#include <poll.h>

#include "tests/unit/http/fixture.hpp"

namespace dip::http::test {
namespace {

TEST_CASE("a port that is taken is named") {
  fixture f;
  server second{router{}, f.time, {}};
  const auto started = second.start("127.0.0.1", f.port);
  REQUIRE(!started);
  CHECK(started.error().code == errc::io);
  CHECK(started.error().detail == "cannot listen on 127.0.0.1:" + std::to_string(f.port) + ": port " +
                                      std::to_string(f.port) + " is taken");
}

TEST_CASE("a host that is none is an error, not a crash") {
  const system_clock time;
  server s{router{}, time, {}};
  CHECK(!s.start("no such host.invalid", 0));
}

TEST_CASE("IPv6 is served as IPv4 is") {
  fixture f;
  server s{make_routes(f.context()), f.time, {}, {.threads = 4}};
  const auto port = s.start("::1", 0);
  REQUIRE(port);
  CHECK(wire{*port, "::1"}.call("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").status == 200);
}

TEST_CASE("a request id is echoed where it is a name, and made otherwise") {
  fixture f;
  CHECK(f.get("/healthz", "X-Request-Id: a.B_9-z\r\n").header("X-Request-Id") == "a.B_9-z");
  const std::string longest(128, 'x');
  CHECK(f.get("/healthz", "X-Request-Id: " + longest + "\r\n").header("X-Request-Id") == longest);
  for (const std::string& bad :
       {std::string(129, 'x'), std::string{"a b"}, std::string{"a\"b"}, std::string{}}) {
    const auto made = f.get("/healthz", "X-Request-Id: " + bad + "\r\n").header("X-Request-Id");
    CHECK(ulid::parse(made));
  }
}

TEST_CASE("unknown paths and methods are told apart") {
  fixture f;
  CHECK(code_of(f.get("/nothing")) == "not_found");
  CHECK(code_of(f.get("/files/")) == "not_found");
  CHECK(code_of(f.get("//files")) == "not_found");
  const auto wrong = f.call("DELETE", "/files");
  CHECK(wrong.status == 405);
  CHECK(code_of(wrong) == "method_not_allowed");
  CHECK(wrong.header("Allow") == "GET, HEAD, POST, OPTIONS");
  CHECK(f.call("PATCH", "/healthz").header("Allow") == "GET, HEAD, OPTIONS");
  CHECK(f.call("TRACE", "/healthz").status == 405);
  const auto options = f.call("OPTIONS", "/requests/" + upper_ulid());
  CHECK(options.status == 204);
  CHECK(options.header("Allow") == "GET, HEAD, DELETE, OPTIONS");
  CHECK(!options.has("Content-Length"));
  CHECK(f.call("OPTIONS", "*").status == 204);
  CHECK(code_of(f.call("BREW", "/healthz")) == "method_not_allowed");
}

TEST_CASE("a target in absolute form is the same call") {
  fixture f;
  CHECK(f.get("http://elsewhere:80/healthz?x=1").status == 200);
  CHECK(f.get("http://elsewhere").status == 404);
}

TEST_CASE("the node's own calls") {
  fixture f;
  const auto health = f.get("/healthz");
  CHECK(health.status == 200);
  CHECK(health.body == R"({"status":"ok"})");
  CHECK(f.get("/readyz").status == 200);
  const auto metrics = f.get("/metrics");
  CHECK(metrics.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(metrics.body == "dip_up 1\n");
  f.self.why = "partition 3 has no leader";
  const auto not_ready = f.get("/readyz");
  CHECK(not_ready.status == 503);
  CHECK(not_ready.has("Retry-After"));
  CHECK(code_of(not_ready) == "no_quorum");
  CHECK(not_ready.body.find("partition 3 has no leader") != std::string::npos);
  f.self.drains = true;
  CHECK(code_of(f.get("/readyz")) == "draining");
}

TEST_CASE("HEAD is GET without its body") {
  fixture f;
  for (const std::string path : {"/healthz", "/metrics", "/nothing", "/files"}) {
    auto get = f.get(path, "X-Request-Id: same\r\n"), head = f.call("HEAD", path, "X-Request-Id: same\r\n");
    CHECK(head.status == get.status);
    CHECK(head.headers == get.headers);
  }
}

TEST_CASE("what a route throws is not told") {
  router routes;
  routes.add({"GET", "/a", [](const http_request&) -> http_response { throw std::runtime_error("secret"); }});
  routes.add({"GET", "/b", [](const http_request&) -> http_response { throw 42; }});
  fixture f{std::move(routes)};
  for (const std::string path : {"/a", "/b"}) {
    const auto r = f.get(path);
    CHECK(r.status == 500);
    CHECK(code_of(r) == "internal");
    CHECK(r.body.find("secret") == std::string::npos);
    for (const auto& [name, value] : r.headers) CHECK(value.find("secret") == std::string::npos);
  }
  const auto log = f.logged(2);
  CHECK(std::ranges::count(log, "internal: secret", &access_entry::fault) == 1);
}

TEST_CASE("each answer is a line in the log") {
  fixture f;
  f.get("/healthz?secret=1", "X-Request-Id: abc\r\n");
  f.logged(1);
  f.call("BREW", "/x");
  const auto log = f.logged(2);
  CHECK(log[0].at == noon);
  CHECK(log[0].method == "GET");
  CHECK(log[0].path == "/healthz");
  CHECK(log[0].status == 200);
  CHECK(log[0].received ==
        std::string_view{"GET /healthz?secret=1 HTTP/1.1\r\nHost: x\r\nX-Request-Id: abc\r\n\r\n"}.size());
  CHECK(log[0].sent > 15);
  CHECK(log[0].peer == "127.0.0.1");
  CHECK(log[0].request_id == "abc");
  CHECK(log[0].fault.empty());
  CHECK(log[0].complete);
  CHECK(log[1].status == 404);
  CHECK(log[1].method == "BREW");
}

TEST_CASE("a connection carries many requests, also sent at once") {
  fixture f;
  wire w{f.port};
  const std::string one = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  w.send(one + one + one);
  for (int i = 0; i < 3; ++i) CHECK(w.receive().status == 200);
  const auto last = w.call("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: TE, Close\r\n\r\n");
  CHECK(last.header("Connection") == "close");
  CHECK(w.closed());
}

TEST_CASE("HTTP/1.0 has one request a connection") {
  fixture f;
  wire w{f.port};
  CHECK(w.call("GET /healthz HTTP/1.0\r\n\r\n").status == 200);
  CHECK(w.closed());
}

TEST_CASE("an error closes the connection only where it is not known what follows") {
  fixture f;
  wire w{f.port};
  CHECK(w.call("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n").header("Connection").empty());
  CHECK(w.call("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").status == 200);
  const auto last = w.call("POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
  CHECK(last.header("Connection") == "close");
  CHECK(w.closed());
}

TEST_CASE("a head is taken up to its limits") {
  fixture f;
  const auto with_url = [&](size_t size) { return f.get("/" + std::string(size - 1, 'u')); };
  CHECK(with_url(8192).status == 404);
  CHECK(code_of(with_url(8193)) == "headers_too_large");
  CHECK(code_of(with_url(100'000)) == "headers_too_large");

  const auto with_line = [&](size_t size) {
    return f.get("/healthz", "X: " + std::string(size - 5, 'v') + "\r\n");
  };
  CHECK(with_line(8192).status == 200);
  CHECK(code_of(with_line(8193)) == "headers_too_large");
  CHECK(with_line(100'000).status == 431);

  const auto with_count = [&](int count) {
    std::string lines;
    for (int i = 1; i < count; ++i) lines += "X: v\r\n";
    return f.get("/healthz", lines);
  };
  CHECK(with_count(100).status == 200);
  CHECK(code_of(with_count(101)) == "headers_too_large");
}

TEST_CASE("what cannot be read is refused with a problem") {
  fixture f;
  const auto say = [&](const std::string& text) { return wire{f.port}.call(text); };
  CHECK(code_of(say("nonsense\r\n\r\n")) == "bad_request");
  CHECK(code_of(say("GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n")) == "http_version");
  CHECK(code_of(say("GET /healthz HTTP/1.1\r\nno colon\r\n\r\n")) == "bad_request");
  CHECK(code_of(say("GET /healthz HTTP/1.1\r\n\r\n")) == "bad_request");
  CHECK(code_of(say("GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")) == "bad_request");
  CHECK(code_of(say("GET healthz HTTP/1.1\r\nHost: x\r\n\r\n")) == "bad_request");
  CHECK(code_of(say("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n")) == "bad_request");
  CHECK(code_of(say("GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n")) == "bad_request");
}

TEST_CASE("a body whose length can be read in two ways is refused") {
  fixture f;
  const auto say = [&](const std::string& headers) {
    return wire{f.port}.call("POST /files HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n0\r\n\r\n");
  };
  CHECK(code_of(say("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")) == "bad_request");
  CHECK(code_of(say("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n")) == "bad_request");
  CHECK(code_of(say("Content-Length: 5\r\nContent-Length: 5\r\n")) == "bad_request");
  CHECK(code_of(say("Content-Length: 5\r\nContent-Length: 6\r\n")) == "bad_request");
  CHECK(code_of(say("Content-Length: 5, 5\r\n")) == "bad_request");
  CHECK(code_of(say("Content-Length: +5\r\n")) == "bad_request");
  CHECK(code_of(say("Content-Length: -5\r\n")) == "bad_request");
  CHECK(code_of(say("Content-Length: 99999999999999999999999\r\n")) == "bad_request");
  CHECK(code_of(say("Transfer-Encoding: gzip, chunked\r\n")) == "bad_request");
  CHECK(code_of(say("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")) == "bad_request");
  CHECK(f.files.written == 0);
}

TEST_CASE("a call that takes no body does not read one") {
  fixture f;
  CHECK(code_of(f.call("GET", "/healthz", "Content-Length: 1000000000\r\n")) == "bad_request");
  CHECK(code_of(f.call("GET", "/healthz", "Transfer-Encoding: chunked\r\n")) == "bad_request");
  CHECK(code_of(f.call("POST", "/nothing", "Content-Length: 1000000000\r\n")) == "not_found");
  CHECK(code_of(f.call("DELETE", "/healthz", "Content-Length: 1000000000\r\n")) == "method_not_allowed");
}

TEST_CASE("an upgrade to something else is not taken up") {
  fixture f;
  const auto r = f.get("/healthz",
                       "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                       "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  CHECK(r.status == 200);
  CHECK(r.body == R"({"status":"ok"})");
}

struct slow_route {
  std::latch entered{1}, released{1};
  router routes() {
    router out;
    out.add({"GET", "/slow", [this](const http_request&) {
               entered.count_down();
               released.wait();
               return http_response{.content_type = "text/plain", .body = "done"};
             }});
    return out;
  }
};

void wait_until_refused(std::uint16_t port) {
  CHECK_THROWS([&] {
    for (;;) wire{port};
  }());
}

TEST_CASE("stop lets a running request finish and takes no other") {
  slow_route slow;
  fixture f{slow.routes()};
  wire busy{f.port}, idle{f.port};
  busy.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  slow.entered.wait();
  auto stopped = std::async(std::launch::async, [&] { f.running->stop(); });
  CHECK(idle.closed());
  wait_until_refused(f.port);
  slow.released.count_down();
  const auto r = busy.receive();
  CHECK(r.body == "done");
  CHECK(r.header("Connection") == "close");
  busy.close();
  stopped.get();
  f.running->stop();
}

TEST_CASE("stop lets a download finish") {
  fixture f;
  const auto name = f.files.put(std::string(16 << 20, 'x'));
  wire w{f.port};
  w.send("GET /files/" + name.path() + " HTTP/1.1\r\nHost: x\r\n\r\n");
  pollfd answer{w.descriptor(), POLLIN, 0};
  REQUIRE(::poll(&answer, 1, -1) == 1);
  auto stopped = std::async(std::launch::async, [&] { f.running->stop(); });
  wait_until_refused(f.port);
  const auto r = w.receive();
  CHECK(r.whole);
  CHECK(r.body.size() == 16 << 20);
  w.close();
  stopped.get();
}

}  // namespace
}  // namespace dip::http::test
