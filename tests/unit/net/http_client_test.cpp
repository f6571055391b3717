#include "net/http_client.hpp"

#include <catch2/catch_test_macros.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "tests/support/python_child.hpp"
#include "tests/support/scratch_dir.hpp"

using namespace dip;
using net::http_client;
using net::http_request;
using kind = net::http_error::kind;

namespace {

struct node {
  test::python_child child{{"tests/support/fake_node.py"}};
  std::string url = "http://127.0.0.1:" + std::to_string(child.hello()["port"].get<int>());

  [[nodiscard]] http_request get(const std::string& path) const {
    http_request r;
    r.url = url + path;
    return r;
  }
  [[nodiscard]] http_request post(const std::string& path, std::string body) const {
    auto r = get(path);
    r.method = "POST";
    r.body = std::move(body);
    return r;
  }
  [[nodiscard]] nlohmann::json log() const {
    return nlohmann::json::parse(http_client().perform(get("/log"))->body);
  }
};

}  // namespace

TEST_CASE("an answer has its status, headers and body, whatever the status") {
  const node n;
  http_client client;
  const auto good = client.perform(n.get("/bytes/5"));
  REQUIRE(good);
  CHECK(good->status == 200);
  CHECK(good->body == "xxxxx");
  CHECK(good->header("content-length") == "5");
  CHECK_FALSE(good->header("x-nothing"));
  const auto bad = client.perform(n.get("/status/507"));
  REQUIRE(bad);
  CHECK(bad->status == 507);
  CHECK(bad->header("content-type") == "application/problem+json");
}

TEST_CASE("the connection is used again") {
  const node n;
  http_client client;
  REQUIRE(client.perform(n.get("/bytes/1")));
  REQUIRE(client.perform(n.post("/echo", "x")));
  REQUIRE(client.perform(n.get("/bytes/1")));
  const auto log = n.log();
  CHECK(log[0]["client"] == log[1]["client"]);
  CHECK(log[0]["client"] == log[2]["client"]);
}

TEST_CASE("bodies and headers go out as they are, none is made up") {
  const node n;
  http_client client;
  auto request = n.post("/echo", std::string("a\0b\r\n", 5));
  request.headers = {{"X-Empty", ""}, {"Idempotency-Key", "k"}};
  const auto echoed = client.perform(request);
  REQUIRE(echoed);
  CHECK(echoed->body == request.body);
  CHECK(echoed->header("x-type") == "none");
  const auto headers = n.log()[0]["headers"];
  CHECK(headers["x-empty"] == "");
  CHECK(headers["idempotency-key"] == "k");
  CHECK(client.perform(n.post("/echo", ""))->header("x-length") == "0");
  auto put = n.post("/echo", "p");
  put.method = "PUT";
  CHECK(client.perform(put)->body == "p");
  auto head = n.get("/bytes/7");
  head.method = "HEAD";
  const auto answer = client.perform(head);
  REQUIRE(answer);
  CHECK(answer->body.empty());
  CHECK(answer->header("content-length") == "7");
}

TEST_CASE("a part of a file is streamed, with progress") {
  const node n;
  const test::scratch_dir dir;
  std::string bytes(3'000'000, ' ');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 7 % 251);
  const int fd = ::open(dir.write("file", bytes).c_str(), O_RDONLY);
  auto request = n.post("/echo", "");
  request.upload = net::file_part{fd, 1000, 2'000'000};
  std::uint64_t most = 0;
  request.progress = [&](const net::transfer_progress& p) {
    most = std::max(most, p.sent);
    return true;
  };
  const auto echoed = http_client().perform(request);
  REQUIRE(echoed);
  CHECK(echoed->body == bytes.substr(1000, 2'000'000));
  CHECK(most == 2'000'000);
  CHECK(::lseek(fd, 0, SEEK_CUR) == 0);

  request.upload_head = "head ";
  request.upload_tail = " tail";
  CHECK(http_client().perform(request)->body == "head " + bytes.substr(1000, 2'000'000) + " tail");
  request.upload_head = request.upload_tail = "";

  request.upload = net::file_part{fd, 2'999'000, 2'000};
  const auto short_file = http_client().perform(request);
  REQUIRE_FALSE(short_file);
  CHECK(short_file.error().detail == "the file became shorter while it was sent");
  ::close(fd);
}

TEST_CASE("a sink gets what a good answer brings, and may stop it") {
  const node n;
  http_client client;
  size_t got = 0;
  auto request = n.get("/bytes/1000000");
  request.sink = [&](std::string_view piece) {
    got += piece.size();
    return true;
  };
  const auto whole = client.perform(request);
  REQUIRE(whole);
  CHECK(got == 1'000'000);
  CHECK(whole->body.empty());

  request.url = n.url + "/status/404";
  got = 0;
  CHECK_FALSE(client.perform(request)->body.empty());
  CHECK(got == 0);

  request.url = n.url + "/bytes/1000000";
  request.sink = [](std::string_view) { return false; };
  CHECK(client.perform(request).error().what == kind::stopped);
}

TEST_CASE("progress may stop a call that hangs") {
  const node n;
  auto request = n.get("/hang");
  request.progress = [](const net::transfer_progress&) { return false; };
  CHECK(http_client().perform(request).error().what == kind::stopped);
}

TEST_CASE("errors are of a kind") {
  http_client client;
  http_request nobody;
  {
    const node gone;
    nobody = gone.get("/");
  }
  CHECK(client.perform(nobody).error().what == kind::cannot_connect);
  nobody.url = "http://no-such-host.invalid/";
  CHECK(client.perform(nobody).error().what == kind::cannot_connect);
  nobody.url = "file:///etc/passwd";
  CHECK(client.perform(nobody).error().what == kind::other);

  const node n;
  auto hang = n.get("/hang");
  hang.timeout = milliseconds(200);
  CHECK(client.perform(hang).error().what == kind::timeout);
  hang.timeout = milliseconds(0);
  hang.idle_timeout = milliseconds(1000);
  CHECK(client.perform(hang).error().what == kind::timeout);
  CHECK(client.perform(n.get("/cut")).error().what == kind::broken);
  auto big = n.get("/bytes/1000");
  big.max_body = 999;
  CHECK(client.perform(big).error().detail == "the answer is longer than 999 bytes");
  auto evil = n.get("/bytes/1");
  evil.headers = {{"X-A", "b\r\nX-C: d"}};
  CHECK(client.perform(evil).error().what == kind::other);
}

TEST_CASE("percent encoding leaves nothing that means something") {
  CHECK(net::percent_encode("aZ09-._~") == "aZ09-._~");
  CHECK(net::percent_encode("a b/ü?") == "a%20b%2F%C3%BC%3F");
}
