// A real server on a free port, in front of a node in memory.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "http/routes.hpp"
#include "http/server.hpp"
#include "tests/unit/http/fake_node.hpp"
#include "tests/unit/http/wire.hpp"

namespace dip::http::test {

struct fixed_clock final : clock {
  wall_time wall() const override { return noon; }
  steady_time steady() const override { return std::chrono::steady_clock::now(); }
};

inline config small_limits() {
  config c;
  c.limits.upload = 1 << 20;
  c.limits.request_json = 1024;
  c.presets["avatar"] = "{}";
  return c;
}

struct fixture {
  fixture() : fixture(small_limits()) {}
  explicit fixture(config c) : conf(std::move(c)) { begin(make_routes(context())); }
  explicit fixture(router routes) : conf(small_limits()) { begin(std::move(routes)); }

  route_context context() { return {{files, requests, notifications, self, operations}, conf, time}; }

  reply get(const std::string& path, const std::string& headers = "") { return call("GET", path, headers); }
  reply call(const std::string& method, const std::string& path, const std::string& headers = "") {
    return wire{port}.call(method + " " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n");
  }
  reply post(const std::string& path, const std::string& body, const std::string& headers = "") {
    return wire{port}.call("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                           std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body);
  }
  // Waits for `count` requests to be logged.
  std::vector<access_entry> logged(size_t count) {
    std::unique_lock lock{log_mutex};
    log_grew.wait(lock, [&] { return log.size() >= count; });
    return log;
  }

  config conf;
  fixed_clock time;
  fake_files files;
  fake_requests requests;
  fake_notifications notifications;
  fake_self self;
  fake_operations operations;
  std::mutex log_mutex;
  std::condition_variable log_grew;
  std::vector<access_entry> log;
  std::unique_ptr<server> running;
  std::uint16_t port = 0;

private:
  void begin(router routes) {
    server_options options;
    options.threads = 80;
    running = std::make_unique<server>(
        std::move(routes), time,
        [this](const access_entry& e) {
          const std::lock_guard lock{log_mutex};
          log.push_back(e);
          log_grew.notify_all();
        },
        options);
    port = running->start("127.0.0.1", 0).value();
  }
};

inline std::string code_of(const reply& r) {
  const auto body = nlohmann::json::parse(r.body, nullptr, false);
  if (r.header("Content-Type") != "application/problem+json" || !body.is_object())
    return "no problem: " + r.body;
  if (body.value("status", 0) != r.status) return "another status in the body";
  if (body.value("request_id", "") != r.header("X-Request-Id")) return "another request id in the body";
  return body.value("code", "no code");
}

inline std::string upper_ulid() { return "01ARYZ6S41TSV4RRFFQ69G5FAV"; }

}  // namespace dip::http::test
