// Who waits for a request, and who follows its events.
#include <future>
#include <thread>

#include "http/query.hpp"
#include "tests/unit/http/fixture.hpp"

namespace dip::http::test {
namespace {

using nlohmann::json;

TEST_CASE("wait is a time, and no longer than its limit") {
  const auto read = [](const std::string& query) {
    http_request r;
    r.query = {{"wait", query}};
    return wait_param(r, milliseconds{60'000}).value_or(milliseconds{-1}).count();
  };
  CHECK(read("30s") == 30'000);
  CHECK(read("1500ms") == 1'500);
  CHECK(read("30") == 30'000);
  CHECK(read("60s") == 60'000);
  CHECK(read("61s") == 60'000);
  CHECK(read("4294967295") == 60'000);
  CHECK(read("0") == 0);
  fixture f;
  const auto path = "/requests/" + f.requests.add(request_status::processing).id.text() + "?wait=";
  for (const std::string bad : {"", "s", "ms", "-1s", "1h", "1.5s", "x", "%2030s", "4294967296"}) {
    INFO(bad);
    CHECK(code_of(f.get(path + bad)) == "bad_request");
  }
}

TEST_CASE("who waits is answered when the request is final, or when the time is up") {
  fixture f;
  const auto r = f.requests.add(request_status::processing);
  const auto path = "/requests/" + r.id.text();
  CHECK(json::parse(f.get(path + "?wait=1ms").body)["status"] == "processing");
  wire w{f.port};
  w.send("GET " + path + "?wait=60s HTTP/1.1\r\nHost: x\r\nX-Request-Id: mine\r\n\r\n");
  while (f.requests.watching() == 0) std::this_thread::yield();
  f.requests.move_to(r.id, request_status::processed);
  const auto answer = w.receive();
  CHECK(json::parse(answer.body)["status"] == "processed");
  CHECK(answer.header("X-Request-Id") == "mine");
  CHECK(f.requests.watching() == 0);
  CHECK(w.call("GET " + path + "?wait=60s HTTP/1.1\r\nHost: x\r\n\r\n").status == 200);
}

TEST_CASE("who waits holds no thread, and is answered when the node stops") {
  fixture f;
  const auto path = "/requests/" + f.requests.add(request_status::processing).id.text();
  std::vector<std::unique_ptr<wire>> waiting;
  for (int i = 0; i < 200; ++i) {
    waiting.push_back(std::make_unique<wire>(f.port));
    waiting.back()->send("GET " + path + "?wait=60s HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  while (f.requests.watching() < 200) std::this_thread::yield();
  CHECK(f.get("/healthz").status == 200);
  waiting[0]->close();
  auto stopped = std::async(std::launch::async, [&] { f.running->stop(); });
  for (int i = 1; i < 200; ++i) {
    CHECK(waiting[static_cast<size_t>(i)]->receive().status == 200);
    waiting[static_cast<size_t>(i)]->close();
  }
  stopped.get();
  CHECK(f.requests.watching() == 0);
}

std::string event_text(int id, const std::string& status, const std::string& worker, int took) {
  return "id: " + std::to_string(id) +
         "\nevent: status\ndata: {\"at\":\"2026-03-04T12:00:00.500Z\",\"status\":\"" + status +
         "\",\"node\":\"n1\",\"worker\":\"" + worker + "\",\"took_ms\":" + std::to_string(took) + "}\n\n";
}

TEST_CASE("a request's events are streamed as they come, and end after the final one") {
  fixture f;
  const auto r = f.requests.add(request_status::accepted);
  const auto ask = "GET /requests/" + r.id.text() + "/events HTTP/1.1\r\nHost: x\r\n";
  wire w{f.port};
  const auto head = w.call(ask + "\r\n");
  CHECK(head.status == 200);
  CHECK(head.header("Content-Type") == "text/event-stream");
  CHECK(head.header("Cache-Control") == "no-store");
  CHECK(!head.has("Content-Length"));
  CHECK(w.receive_until("}\n\n") == event_text(0, "accepted", "", 0));
  f.requests.move_to(r.id, request_status::preprocessing);
  CHECK(w.receive_until("}\n\n") == event_text(1, "preprocessing", "w", 1));
  f.requests.move_to(r.id, request_status::processed);
  CHECK(w.receive_until("}\n\n") == event_text(2, "processed", "w", 1));
  CHECK(w.closed());
  while (f.requests.watching() > 0) std::this_thread::yield();

  wire again{f.port};
  CHECK(again.call(ask + "Last-Event-ID: 0\r\n\r\n").status == 200);
  CHECK(again.receive_until("nothing more") ==
        event_text(1, "preprocessing", "w", 1) + event_text(2, "processed", "w", 1));
  CHECK(wire{f.port}.call(ask + "Last-Event-ID: 2\r\n\r\n").status == 204);
  CHECK(code_of(wire{f.port}.call(ask + "Last-Event-ID: x\r\n\r\n")) == "bad_request");
}

TEST_CASE("many streams of one request hear of each change, and those who left are forgotten") {
  fixture f;
  const auto r = f.requests.add(request_status::accepted);
  std::vector<std::unique_ptr<wire>> streams;
  for (int i = 0; i < 300; ++i) {
    streams.push_back(std::make_unique<wire>(f.port));
    streams.back()->send("GET /requests/" + r.id.text() + "/events HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  for (auto& w : streams) CHECK(!w->receive_until("accepted").empty());
  for (size_t i = 0; i < 100; ++i) streams[i]->close();
  while (f.requests.watching() > 200) std::this_thread::yield();
  f.requests.move_to(r.id, request_status::processing);
  for (size_t i = 100; i < 300; ++i) CHECK(streams[i]->receive_until("processing").ends_with("processing"));
  auto stopped = std::async(std::launch::async, [&] { f.running->stop(); });
  for (size_t i = 100; i < 300; ++i) {
    streams[i]->receive_until("nothing more");
    streams[i]->close();
  }
  stopped.get();
  CHECK(f.requests.watching() == 0);
}

TEST_CASE("a stream without events has a heartbeat") {
  fixture f;
  server s{make_routes(f.context()), f.time, {}, {.heartbeat = milliseconds{1}}};
  wire w{s.start("127.0.0.1", 0).value()};
  const auto r = f.requests.add(request_status::accepted);
  w.send("GET /requests/" + r.id.text() + "/events HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(w.receive_until("\n:\n\n").find("accepted") != std::string::npos);
  f.requests.move_to(r.id, request_status::failed);
  CHECK(w.receive_until("failed").ends_with("failed"));
}

}  // namespace
}  // namespace dip::http::test
