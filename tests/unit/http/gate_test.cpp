// What the gate does with connections, whatever the routes answer.
#include <future>
#include <latch>
#include <thread>

#include <sys/socket.h>

#include "tests/unit/http/fixture.hpp"

namespace dip::http::test {
namespace {

const std::string health = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

struct gated {
  explicit gated(server_options options) : gated(router{}, std::move(options)) {}
  gated(router routes, server_options options) {
    routes.add({"GET", "/healthz", [](const http_request&) { return http_response{.body = "ok"}; }});
    routes.add({"POST", "/take",
                [](const http_request& r) {
                  std::string body;
                  const auto read = r.body->read([&](std::string_view piece) -> result<void> {
                    body += piece;
                    return {};
                  });
                  if (!read) return http_response{.status = read.error().code == errc::timeout ? 408 : 400};
                  return http_response{.body = std::to_string(body.size())};
                },
                [](const http_request&) { return std::uint64_t{1} << 20; }});
    running = std::make_unique<server>(std::move(routes), time, access_log{}, std::move(options));
    port = running->start("127.0.0.1", 0).value();
  }
  template <class Condition>
  void until(Condition condition) const {
    while (!condition(running->figures())) std::this_thread::yield();
  }

  system_clock time;
  std::unique_ptr<server> running;
  std::uint16_t port = 0;
};

server_options quick() {
  server_options o;
  o.head_time = o.body_grace = o.send_grace = milliseconds{50};
  o.min_rate = 1 << 20;
  return o;
}

TEST_CASE("idle connections cost no thread") {
  server_options o;
  o.threads = o.body_threads = 1;
  gated g{o};
  std::vector<std::unique_ptr<wire>> idle;
  for (int i = 0; i < 300; ++i) idle.push_back(std::make_unique<wire>(g.port));
  for (auto& w : idle) CHECK(w->call(health).status == 200);
  CHECK(g.running->figures().connections == 300);
  CHECK(g.running->figures().buffered < 300 * 1024);
  CHECK(wire{g.port}.call(health).status == 200);
}

TEST_CASE("a head that drips is given up with 408, and one that never begins without a word") {
  gated g{quick()};
  wire silent{g.port}, dripping{g.port};
  dripping.send("GET /healthz HTTP/1.1\r\nHo");
  CHECK(code_of(dripping.receive()) == "timeout");
  CHECK(dripping.closed());
  CHECK(silent.closed());
  g.until([](const server_figures& f) { return f.connections == 0; });
}

TEST_CASE("an idle connection is closed in its time") {
  auto o = quick();
  o.head_time = milliseconds{10'000};
  o.idle_time = milliseconds{1};
  gated g{o};
  wire w{g.port};
  CHECK(w.call(health).status == 200);
  CHECK(w.closed());
}

TEST_CASE("a small body that stalls holds no thread") {
  server_options o;
  o.threads = o.body_threads = 1;
  gated g{o};
  std::vector<std::unique_ptr<wire>> stalled;
  for (int i = 0; i < 50; ++i) {
    stalled.push_back(std::make_unique<wire>(g.port));
    stalled.back()->send("POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
  }
  CHECK(wire{g.port}.call("POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc").body == "3");
  stalled[0]->send(std::string(96, 'x'));
  CHECK(stalled[0]->receive().body == "100");
}

TEST_CASE("large bodies that stall do not keep small requests waiting") {
  server_options o;
  o.threads = 1;
  o.body_threads = 4;
  gated g{o};
  std::vector<std::unique_ptr<wire>> stalled;
  for (int i = 0; i < 40; ++i) {
    stalled.push_back(std::make_unique<wire>(g.port));
    stalled.back()->send("POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nhalf");
  }
  CHECK(wire{g.port}.call(health).status == 200);
}

TEST_CASE("a body below the rate is given up") {
  gated g{quick()};
  for (const std::string framing : {"Content-Length: 100000", "Transfer-Encoding: chunked"}) {
    wire w{g.port};
    w.send("POST /take HTTP/1.1\r\nHost: x\r\n" + framing + "\r\n\r\n1\r\nx\r\n");
    CHECK(w.receive().status == 408);
    CHECK(w.closed());
  }
  CHECK(g.running->figures().timed_out == 2);
}

TEST_CASE("an answer that is not read is given up, and held no thread") {
  auto o = quick();
  o.threads = 1;
  router routes;
  routes.add({"GET", "/large",
              [](const http_request&) { return http_response{.body = std::string(32 << 20, 'x')}; }});
  gated g{std::move(routes), o};
  wire w{g.port};
  w.send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  g.until([](const server_figures& f) { return f.timed_out == 1 && f.connections == 0; });
  CHECK(wire{g.port}.call(health).status == 200);
  CHECK(!w.receive().whole);
}

struct blocked {
  std::latch entered{1}, released{1};
  router routes() {
    router out;
    out.add({"GET", "/slow", [this](const http_request&) {
               entered.count_down();
               released.wait();
               return http_response{.body = "done"};
             }});
    return out;
  }
};

TEST_CASE("where all threads work and the queue is full, 503 says when to come again") {
  blocked slow;
  server_options o;
  o.threads = 1;
  o.waiting = 4;  // of which one client may have three
  gated g{slow.routes(), o};
  wire first{g.port};
  first.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  slow.entered.wait();
  wire waiting[3]{wire{g.port}, wire{g.port}, wire{g.port}};
  for (auto& w : waiting) w.send(health);
  int refused = 0;
  std::vector<std::unique_ptr<wire>> more;
  while (refused == 0) {  // the three may not be in the queue yet
    more.push_back(std::make_unique<wire>(g.port));
    more.back()->send("POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde");
    refused = static_cast<int>(g.running->figures().overloaded);
  }
  for (auto& w : more) {
    if (g.running->figures().overloaded < more.size()) break;
    const auto r = w->receive();
    CHECK(r.status == 503);
    const auto seconds = std::stoi(r.header("Retry-After"));
    CHECK((seconds >= 1 && seconds <= 3));
    CHECK(code_of(r) == "overloaded");
  }
  slow.released.count_down();
  CHECK(first.receive().body == "done");
  // Their connections are as good as before, and nothing is left of what was not taken.
  for (auto& w : more) {
    int status = 503;
    while (status == 503) status = w->call(health).status;
    CHECK(status == 200);
  }
}

TEST_CASE("a client that comes in numbers leaves places to others") {
  blocked slow;
  server_options o;
  o.threads = 1;
  o.waiting = 8;
  router routes = slow.routes();
  routes.add({"GET", "/healthz", [](const http_request&) { return http_response{.body = "ok"}; }});
  system_clock time;
  server s{std::move(routes), time, {}, o};
  const auto port = s.start("::", 0).value();
  wire first{port};
  first.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  slow.entered.wait();
  std::vector<std::unique_ptr<wire>> many;
  while (s.figures().overloaded == 0) {
    many.push_back(std::make_unique<wire>(port));
    many.back()->send(health);
  }
  wire other{port, "::1"};
  auto answered = std::async(std::launch::async, [&] { return other.call(health).status; });
  slow.released.count_down();
  CHECK(answered.get() == 200);
}

TEST_CASE("the longest idle connection makes place for a new one") {
  server_options o;
  o.connections = 4;
  // A client has its answer before its connection is idle. One thread is done with each before the next.
  o.threads = 1;
  gated g{o};
  wire w[4]{wire{g.port}, wire{g.port}, wire{g.port}, wire{g.port}};
  for (auto& each : w) CHECK(each.call(health).status == 200);
  CHECK(wire{g.port}.call(health).status == 200);
  CHECK(w[0].closed());
  CHECK(w[3].call(health).status == 200);
}

TEST_CASE("where all connections are busy, another is turned away with 503") {
  server_options o;
  o.connections = 2;
  gated g{o};
  wire a{g.port}, b{g.port};
  const std::string begun = "GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + std::string(1000, 'x');
  a.send(begun);
  b.send(begun);
  g.until([](const server_figures& f) { return f.buffered > 2000; });
  CHECK(wire{g.port}.receive().status == 503);
  CHECK(g.running->figures().turned_away == 1);
  a.send("\r\n\r\n");
  CHECK(a.receive().status == 200);
}

TEST_CASE("what all connections hold together is bounded") {
  server_options o;
  o.buffered = 64 * 1024;
  gated g{o};
  std::vector<std::unique_ptr<wire>> half;
  for (int i = 0; i < 20; ++i) {
    half.push_back(std::make_unique<wire>(g.port));
    half.back()->send("GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + std::string(8000, 'x'));
  }
  g.until([](const server_figures& f) { return f.overloaded > 0; });
  CHECK(g.running->figures().buffered < 256 * 1024);
}

TEST_CASE("requests that are sent ahead are all answered, in order") {
  gated g{server_options{}};
  wire w{g.port};
  std::string all;
  for (int i = 0; i < 500; ++i)
    all += i % 5 == 0 ? "POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(i) +
                            "\r\n\r\n" + std::string(static_cast<size_t>(i), 'x')
           : i % 5 == 1 ? "GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
                        : "\r\n" + health;
  auto sent = std::async(std::launch::async, [&] { w.send(all); });
  for (int i = 0; i < 500; ++i) {
    const auto r = w.receive();
    if (i % 5 == 0) CHECK(r.body == std::to_string(i));
    CHECK(r.status == (i % 5 == 1 ? 404 : 200));
  }
  sent.get();
}

TEST_CASE("a head is read the same wherever it is cut") {
  gated g{server_options{}};
  const std::string whole = "POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" + health;
  for (size_t cut = 1; cut < whole.size(); ++cut) {
    wire w{g.port};
    w.send(whole.substr(0, cut));
    w.send(whole.substr(cut));
    CHECK(w.receive().body == "3");
    CHECK(w.receive().body == "ok");
  }
}

}  // namespace
}  // namespace dip::http::test
