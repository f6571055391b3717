// Answers that the gate's own thread gives.
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>

#include <sys/socket.h>

#include "tests/unit/http/fixture.hpp"

namespace dip::http::test {
namespace {

// "/now" can always be answered at once, "/sometimes" every other time, "/never" not; `slow` answers were
// not.
struct quick_node {
  quick_node() {
    router routes;
    add(routes, "/now", [](int) { return true; });
    add(routes, "/sometimes", [](int call) { return call % 2 == 0; });
    add(routes, "/never", [](int) { return false; });
    routes.add({.method = "GET",
                .pattern = "/throws",
                .answer = [](const http_request&) { return http_response{.body = "slow"}; },
                .at_once = [](const http_request&) -> std::optional<http_response> {
                  throw std::runtime_error{"broken"};
                }});
    running = std::make_unique<server>(std::move(routes), time, access_log{}, server_options{});
    port = running->start("127.0.0.1", 0).value();
  }

  system_clock time;
  std::unique_ptr<server> running;
  std::uint16_t port = 0;
  std::mutex mutex;
  std::set<std::thread::id> quick_threads, slow_threads;

private:
  template <class Choice>
  void add(router& to, const std::string& pattern, Choice at_once) {
    to.add({.method = "GET",
            .pattern = pattern,
            .answer =
                [this](const http_request&) {
                  const std::lock_guard lock{mutex};
                  slow_threads.insert(std::this_thread::get_id());
                  return http_response{.body = "slow"};
                },
            .at_once = [this, at_once, calls = std::make_shared<int>(0)](
                           const http_request&) -> std::optional<http_response> {
              const std::lock_guard lock{mutex};
              quick_threads.insert(std::this_thread::get_id());
              if (!at_once((*calls)++)) return std::nullopt;
              return http_response{.body = "quick"};
            }});
  }
};

std::string ask(const std::string& path, const std::string& method = "GET") {
  return method + " " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
}

TEST_CASE("the gate's thread answers what it can, and threads of a lane the rest") {
  quick_node n;
  wire w{n.port};
  CHECK(w.call(ask("/now")).body == "quick");
  CHECK(w.call(ask("/never")).body == "slow");
  for (int i = 0; i < 10; ++i) CHECK(w.call(ask("/sometimes")).body == (i % 2 == 0 ? "quick" : "slow"));
  CHECK(w.call(ask("/now", "HEAD")).header("Content-Length") == "5");
  CHECK(n.quick_threads.size() == 1);
  CHECK_FALSE(n.slow_threads.contains(*n.quick_threads.begin()));
}

TEST_CASE("an exception on the gate's thread is a 500, and the connection goes on") {
  quick_node n;
  wire w{n.port};
  CHECK(code_of(w.call(ask("/throws"))) == "internal");
  CHECK(w.call(ask("/now")).body == "quick");
}

TEST_CASE("requests that came in one piece are all answered, in order") {
  quick_node n;
  wire w{n.port};
  w.send(ask("/now") + ask("/never") + ask("/now") + ask("/sometimes") + ask("/sometimes"));
  // What was sent ahead is answered by a lane, which may ask as the gate does or not.
  CHECK(w.receive().body == "quick");
  for (int i = 0; i < 4; ++i) CHECK(w.receive().status == 200);
  CHECK(w.call(ask("/now")).body == "quick");
}

TEST_CASE("a request in two pieces is answered when the second is there") {
  quick_node n;
  wire w{n.port};
  for (int i = 0; i < 20; ++i) {
    const auto text = ask("/now");
    const auto cut = 1 + static_cast<size_t>(i) % (text.size() - 1);
    w.send(text.substr(0, cut));
    w.send(text.substr(cut));
    CHECK(w.receive().body == "quick");
  }
}

TEST_CASE("who says with a request that it is the last is answered and let go") {
  quick_node n;
  for (int i = 0; i < 50; ++i) {
    wire w{n.port};
    if (i % 2 == 0) CHECK(w.call(ask("/now")).body == "quick");
    w.send(ask("/now"));
    ::shutdown(w.descriptor(), SHUT_WR);
    CHECK(w.receive().body == "quick");
    CHECK(w.closed());
  }
  while (n.running->figures().connections > 0) std::this_thread::yield();
}

TEST_CASE("a file that was opened lately comes as any other, whole and in part") {
  fixture f;
  const std::string bytes = [] {
    std::string out;
    for (int i = 0; out.size() < 3'000'000; ++i) out += std::to_string(i) + ' ';
    return out;
  }();
  f.files.recalls = true;
  for (const bool on_disk : {false, true})
    for (const bool at_hand : {true, false}) {
      f.files.on_disk = on_disk;
      f.files.at_hand = at_hand;
      for (const size_t size : {size_t{10}, size_t{40'000}, bytes.size()}) {
        const auto path = "/files/" + f.files.put(bytes.substr(0, size)).path();
        wire w{f.port};
        for (int i = 0; i < 3; ++i) {
          const auto r = w.call(ask(path));
          CHECK(r.status == 200);
          CHECK(r.whole);
          CHECK(r.body == bytes.substr(0, size));
        }
        const auto part = w.call("GET " + path + " HTTP/1.1\r\nHost: x\r\nRange: bytes=3-7\r\n\r\n");
        CHECK(part.status == 206);
        CHECK(part.body == bytes.substr(3, 5));
        CHECK(w.call(ask(path, "HEAD")).header("Content-Length") == std::to_string(size));
      }
    }
  while (true) {
    const std::lock_guard lock{f.files.mutex};
    if (f.files.live_readers == 0) break;
  }
}

}  // namespace
}  // namespace dip::http::test
