#include "runtime/object_channel.hpp"

#include <catch2/catch_test_macros.hpp>

#include "net/http_client.hpp"
#include "tests/unit/runtime/object_nodes.hpp"

using namespace dip;
using namespace dip::test;

namespace {

struct open_channel {
  open_channel() : channel(*store, time, {}) {
    url = "http://127.0.0.1:" + std::to_string(channel.start("127.0.0.1", 0).value());
  }
  net::http_response call(const std::string& path, const std::string& range = "",
                          const std::string& method = "GET") const {
    net::http_request r;
    r.method = method;
    r.url = url + path;
    if (!range.empty()) r.headers.emplace_back("Range", range);
    auto came = net::http_client().perform(r);
    REQUIRE(came);
    return *came;
  }

  std::unique_ptr<object_store> store = make_memory_object_store();
  system_clock time;
  object_channel channel;
  std::string url;
};

}  // namespace

TEST_CASE("object channel: a file, a part of it, its length, and nothing outside of it") {
  const open_channel c;
  const auto row = store_file(*c.store, some_upload(), "0123456789");
  const auto path = "/objects/" + row.name.path();
  const auto whole = c.call(path);
  CHECK(whole.status == 200);
  CHECK(whole.body == "0123456789");
  CHECK(whole.header("accept-ranges") == "bytes");
  const auto part = c.call(path, "bytes=7-");
  CHECK(part.status == 206);
  CHECK(part.body == "789");
  CHECK(part.header("content-range") == "bytes 7-9/10");
  CHECK(c.call(path, "bytes=9-9").body == "9");
  CHECK(c.call(path, "bytes=10-").status == 416);
  CHECK(c.call(path, "bytes=10-").header("content-range") == "bytes */10");
  const auto head = c.call(path, "", "HEAD");
  CHECK(head.status == 200);
  CHECK(head.header("content-length") == "10");
}

TEST_CASE("object channel: an output has a folder in its key; what is no key is no file") {
  const open_channel c;
  const auto attempt = ulid::make(c.time.wall(), {});
  const auto row = store_file(*c.store, make_output_name(attempt, "small", image_format::webp), "out");
  CHECK(c.call("/objects/" + row.name.path()).body == "out");
  const auto key = row.name.key;
  for (const auto& path : {"/objects/" + some_upload().path(), "/objects/rtp-request-files/" + key,
                           "/objects/rtp-nothing/" + key, "/objects/rtp-processed-files/..%2f" + key,
                           std::string{"/objects/rtp-processed-files/"}, std::string{"/files"}})
    CHECK(c.call(path).status == 404);
  CHECK(c.call("/objects/" + row.name.path(), "", "DELETE").status == 405);
}

TEST_CASE("object channel: without certificates it is for this machine alone") {
  const auto store = make_memory_object_store();
  const system_clock time;
  object_channel open(*store, time, {});
  const auto refused = open.start("0.0.0.0", 0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::bad_request);
  const node_certificates certificates;
  object_channel safe(*store, time, certificates.of("n1"));
  CHECK(safe.start("0.0.0.0", 0));
}

TEST_CASE("object channel: a certificate that cannot be used is named") {
  const auto store = make_memory_object_store();
  const system_clock time;
  const node_certificates certificates;
  auto files = certificates.of("n1");
  files.authority = "/nowhere/ca.pem";
  object_channel channel(*store, time, files);
  const auto started = channel.start("127.0.0.1", 0);
  REQUIRE_FALSE(started);
  CHECK(started.error().detail.find("/nowhere/ca.pem") != std::string::npos);
}
