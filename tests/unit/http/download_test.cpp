#include <catch2/generators/catch_generators.hpp>
#include <sys/socket.h>

#include "tests/unit/http/fixture.hpp"

namespace dip::http::test {
namespace {

using nlohmann::json;

std::string alphabet() { return "abcdefghijklmnopqrstuvwxyz"; }

struct one_file : fixture {
  one_file() : name(files.put(alphabet(), "cat.png")), path("/files/" + name.path()) {}
  reply get_with(const std::string& header) { return get(path, header + "\r\n"); }

  object_name name;
  std::string path;
};

TEST_CASE("a file comes with the headers that keep it safe and cached") {
  one_file f;
  const auto r = f.get(f.path);
  CHECK(r.status == 200);
  CHECK(r.body == alphabet());
  CHECK(r.header("Content-Type") == "image/png");
  CHECK(r.header("Content-Length") == "26");
  CHECK(r.header("ETag") == '"' + f.files.objects[f.name].row.sha256 + '"');
  CHECK(r.header("Last-Modified") == "Wed, 04 Mar 2026 12:00:00 GMT");
  CHECK(r.header("Cache-Control") == "public, max-age=3600, immutable");
  CHECK(r.header("Accept-Ranges") == "bytes");
  CHECK(r.header("X-Content-Type-Options") == "nosniff");
  CHECK(r.header("Content-Security-Policy") == "default-src 'none'; sandbox");
  CHECK(r.header("Content-Disposition") == "inline; filename=\"cat.png\"");
  CHECK(f.get(f.path + "?v=2").status == 200);
}

TEST_CASE("HEAD of a file has the headers of GET and opens nothing") {
  one_file f;
  for (const std::string headers : {"X-Request-Id: a\r\n", "X-Request-Id: a\r\nRange: bytes=1-3\r\n"}) {
    const auto get = f.get(f.path, headers), head = f.call("HEAD", f.path, headers);
    CHECK(head.status == get.status);
    CHECK(head.headers == get.headers);
  }
  f.files.on_read = error{errc::io, "must not be read", {}};
  wire w{f.port};
  const std::string ask = "HEAD " + f.path + " HTTP/1.1\r\nHost: x\r\n\r\n";
  CHECK(w.call(ask).header("Content-Length") == "26");
  CHECK(w.call(ask).status == 200);
}

TEST_CASE("SVG and PDF are only attachments") {
  fixture f;
  const auto name = f.files.put("<svg/>", "x.svg", ".svg");
  for (const auto format : {image_format::svg, image_format::pdf}) {
    f.files.objects[name].row.header.format = format;
    CHECK(f.get("/files/" + name.path()).header("Content-Disposition") == "attachment; filename=\"x.svg\"");
  }
}

TEST_CASE("an output without a name of its own goes by its key's") {
  fixture f;
  const auto name = f.files.put("x", "", "/large.webp", bucket::processed_files);
  const auto r = f.get("/files/" + name.path());
  CHECK(r.status == 200);
  CHECK(r.header("Content-Disposition") == "inline; filename=\"large.webp\"");
}

TEST_CASE("a preprocessed file's tag is of its own checksum") {
  fixture f;
  const auto name = f.files.put("x", "", ".tif", bucket::preprocessed_files);
  f.files.objects[name].row.sha256.clear();
  f.files.objects[name].row.xxh3 = 0xabc;
  CHECK(f.get("/files/" + name.path()).header("ETag") == "\"xxh3-0000000000000abc\"");
}

TEST_CASE("a cache keeps a file no longer than we do") {
  one_file f;
  const auto max_age = [&](wall_time expires) {
    f.files.objects[f.name].row.expires_at = expires;
    return f.get(f.path).header("Cache-Control");
  };
  CHECK(max_age(noon + milliseconds{1'999}) == "public, max-age=1, immutable");
  CHECK(max_age(noon - milliseconds{5'000}) == "public, max-age=0, immutable");
  CHECK(max_age({}) == "public, max-age=31536000, immutable");
}

TEST_CASE("one range is served as it is") {
  one_file f;
  const auto part = [&](const std::string& range, const std::string& body, const std::string& where) {
    const auto r = f.get_with("Range: " + range);
    CHECK(r.status == 206);
    CHECK(r.body == body);
    CHECK(r.header("Content-Range") == "bytes " + where + "/26");
    CHECK(r.header("Content-Length") == std::to_string(body.size()));
  };
  part("bytes=0-0", "a", "0-0");
  part("bytes=3-5", "def", "3-5");
  part("bytes=23-", "xyz", "23-25");
  part("bytes=23-99", "xyz", "23-25");
  part("bytes=-2", "yz", "24-25");
  part("bytes=-99", alphabet(), "0-25");
  part("bytes=25-25", "z", "25-25");
}

TEST_CASE("a range outside of the file is refused with the file's size") {
  one_file f;
  for (const std::string range : {"bytes=26-", "bytes=26-30", "bytes=-0", "bytes=99999999999999999999-"}) {
    const auto r = f.get_with("Range: " + range);
    CHECK(r.status == 416);
    CHECK(code_of(r) == "bad_range");
    CHECK(r.header("Content-Range") == "bytes */26");
  }
}

TEST_CASE("a range that is none, and several of them, get the whole file") {
  one_file f;
  std::string many = "bytes=0-25";
  for (int i = 1; i < 1'500; ++i) many += ",0-25";
  for (const std::string& range :
       {std::string{"bytes=0-1,3-4"}, std::string{"bytes=5-2"}, std::string{"bytes=a-b"},
        std::string{"bytes="}, std::string{"lines=1-2"}, std::string{"bytes"}, many}) {
    const auto r = f.get_with("Range: " + range);
    INFO(range.substr(0, 40));
    CHECK(r.status == 200);
    CHECK(r.body == alphabet());
  }
}

TEST_CASE("If-Range decides whether the range counts") {
  one_file f;
  const auto tag = f.get(f.path).header("ETag");
  const auto status = [&](const std::string& condition) {
    return f.get_with("Range: bytes=0-0\r\nIf-Range: " + condition).status;
  };
  CHECK(status(tag) == 206);
  CHECK(status("\"other\"") == 200);
  CHECK(status("W/" + tag) == 200);
  CHECK(status("Wed, 04 Mar 2026 12:00:00 GMT") == 206);
  CHECK(status("Wed, 04 Mar 2026 12:00:01 GMT") == 200);
  CHECK(status("nonsense") == 200);
}

TEST_CASE("what a client has already is not sent again") {
  one_file f;
  const auto tag = f.get(f.path).header("ETag");
  const auto status = [&](const std::string& header) { return f.get_with(header).status; };
  const auto r = f.get_with("If-None-Match: " + tag);
  CHECK(r.status == 304);
  CHECK(r.body.empty());
  CHECK(r.header("ETag") == tag);
  CHECK(r.has("Cache-Control"));
  CHECK(!r.has("Content-Length"));
  CHECK(status("If-None-Match: W/" + tag) == 304);
  CHECK(status("If-None-Match: \"x\", " + tag + ", \"y\"") == 304);
  CHECK(status("If-None-Match: \"x\"\r\nIf-None-Match: " + tag) == 304);
  CHECK(status("If-None-Match: *") == 304);
  CHECK(status("If-None-Match: \"x\"") == 200);
  CHECK(status("If-Modified-Since: Wed, 04 Mar 2026 12:00:00 GMT") == 304);
  CHECK(status("If-Modified-Since: Wednesday, 04-Mar-26 12:00:00 GMT") == 304);
  CHECK(status("If-Modified-Since: Wed Mar  4 12:00:00 2026") == 304);
  CHECK(status("If-Modified-Since: Wed, 04 Mar 2026 11:59:59 GMT") == 200);
  CHECK(status("If-Modified-Since: yesterday") == 200);
  CHECK(status("If-None-Match: \"x\"\r\nIf-Modified-Since: Wed, 04 Mar 2026 12:00:00 GMT") == 200);
  CHECK(f.call("HEAD", f.path, "If-None-Match: *\r\n").status == 304);
  CHECK(status("Range: bytes=99-\r\nIf-None-Match: *") == 304);
}

TEST_CASE("a call that is for another version of a file is not done") {
  fixture f;
  const auto name = f.files.put("bytes");
  const auto path = "/files/" + name.path();
  const auto tag = f.get(path).header("ETag");
  const auto status = [&](const std::string& line) { return f.get(path, line + "\r\n").status; };
  CHECK(status("If-Match: " + tag) == 200);
  CHECK(status("If-Match: \"x\", " + tag) == 200);
  CHECK(status("If-Match: *") == 200);
  CHECK(code_of(f.get(path, "If-Match: \"x\"\r\n")) == "precondition_failed");
  CHECK(status("If-Match: W/" + tag) == 412);
  CHECK(status("If-Match: \"x\"\r\nIf-None-Match: " + tag) == 412);
  CHECK(status("If-Match: " + tag + "\r\nIf-None-Match: " + tag) == 304);
  CHECK(status("If-Unmodified-Since: Wed, 04 Mar 2026 12:00:00 GMT") == 200);
  CHECK(status("If-Unmodified-Since: Wed, 04 Mar 2026 11:59:59 GMT") == 412);
  CHECK(status("If-Unmodified-Since: yesterday") == 200);
  CHECK(status("If-Match: " + tag + "\r\nIf-Unmodified-Since: Wed, 04 Mar 2026 11:59:59 GMT") == 200);
  CHECK(code_of(f.call("DELETE", path, "If-Match: \"x\"\r\n")) == "precondition_failed");
  CHECK(f.get(path).status == 200);
  CHECK(f.call("DELETE", path, "If-Match: " + tag + "\r\n").status == 204);
  CHECK(code_of(f.call("DELETE", path, "If-Match: *\r\n")) == "not_found");
}

TEST_CASE("nothing outside of a bucket can be named") {
  fixture f;
  const auto name = f.files.put("x");
  const auto& key = name.key;
  CHECK(f.get("/files/rtp%2Drequest-files/" + key).status == 200);
  for (const std::string& path :
       {std::string{"/files/rtp-request-files/../rtp-request-files/"} + key, "/files/../files/" + name.path(),
        "/files/rtp-request-files/./" + key, "/files/rtp-request-files//" + key,
        "/files/rtp-request-files%2f" + key, "/files/rtp-request-files/%2e%2e/" + key,
        "/files/rtp-request-files/%2e%2e%2f" + key, "/files/rtp-request-files/..%5c" + key,
        "/files/rtp-request-files/..\\" + key, "/files/rtp-request-files/" + key + "/",
        "/files/rtp-request-files/" + key + "%2f", "/files/rtp-request-files/" + key + "%252e",
        std::string{"/files/rtp-request-files/../../../../etc/passwd"},
        std::string{"/files/rtp-request-files/%2e%2e%2f%2e%2e%2fetc%2fpasswd"},
        std::string{"/files/nothing/"} + key, std::string{"/files/rtp-request-files/"},
        std::string{"/files/rtp-request-files"}}) {
    INFO(path);
    CHECK(code_of(f.get(path)) == "not_found");
  }
  for (const std::string bad : {"%00", "%0a", "%7f", "%", "%f", "%g0"})
    CHECK(code_of(f.get("/files/rtp-request-files/" + key + bad)) == "bad_request");
  CHECK(f.get("/files/rtp-request-files/" + key + std::string(1, '\0')).status == 400);
}

TEST_CASE("a slash in an output's key must be a slash") {
  fixture f;
  const auto name = f.files.put("x", "", "/large.webp", bucket::processed_files);
  CHECK(f.get("/files/" + name.path()).status == 200);
  const auto encoded = name.key.substr(0, 26) + "%2Flarge.webp";
  CHECK(f.get("/files/rtp-processed-files/" + encoded).status == 404);
}

TEST_CASE("info says what a file is without its pixels") {
  one_file f;
  const auto r = f.get(f.path + "?info");
  CHECK(r.status == 200);
  const auto body = json::parse(r.body);
  CHECK(body["name"] == "cat.png");
  CHECK(body["size"] == 26);
  CHECK(body["created_at"] == "2026-03-04T12:00:00.500Z");
  CHECK(body["expires_at"] == "2026-03-04T13:00:00.500Z");
  CHECK(f.get("/files/rtp-request-files/" + upper_ulid() + ".png?info").status == 404);
  f.files.told.dominant = 0x0a10ff;
  f.files.told.thumbhash = "abcd";
  f.files.told.colour_space = "srgb";
  f.files.told.exif = {{"GPSLatitude", "52"}, {"Make", "Babbage \xff Co"}};
  const auto told = json::parse(f.get(f.path + "?info").body);
  CHECK(told["dominant_colour"] == "#0a10ff");
  CHECK(told["thumbhash"] == "abcd");
  CHECK(told["colour_space"] == "srgb");
  CHECK(told["depth"] == 8);
  CHECK(told["damage"].is_null());
  CHECK(told["loop"].is_null());
  CHECK(told["exif"] == json{{"Make", "Babbage \xEF\xBF\xBD Co"}});
  CHECK(json::parse(f.get(f.path + "?info&location").body)["exif"]["GPSLatitude"] == "52");
  f.files.objects[f.name].row.original_name = "bad \xff bytes";
  CHECK(json::parse(f.get(f.path + "?info").body)["name"] == "bad \xEF\xBF\xBD bytes");
}

TEST_CASE("info of an animation says how it moves, of a damaged image what is wrong") {
  one_file f;
  f.files.told.delays = {50, 100};
  f.files.told.damage = "cut off";
  f.files.told.thumbhash = "abcd";
  const auto told = json::parse(f.get(f.path + "?info").body);
  CHECK(told["delays"] == json{50, 100});
  CHECK(told["loop"] == 0);
  CHECK(told["damage"] == "cut off");
  CHECK(told["thumbhash"].is_null());
  CHECK(told["dominant_colour"].is_null());
  f.files.on_inspect = error{errc::overloaded, "too many", {}};
  const auto busy = f.get(f.path + "?info");
  CHECK(busy.status == 503);
  CHECK(code_of(busy) == "overloaded");
}

TEST_CASE("a file is deleted once, and not while it is needed") {
  one_file f;
  f.files.on_remove = error{errc::conflict, "a request needs it", {}};
  CHECK(code_of(f.call("DELETE", f.path)) == "conflict");
  f.files.on_remove.reset();
  CHECK(f.call("DELETE", f.path).status == 204);
  CHECK(code_of(f.call("DELETE", f.path)) == "not_found");
  CHECK(code_of(f.call("DELETE", "/files/rtp-request-files/..")) == "not_found");
  CHECK(f.get(f.path).status == 404);
}

TEST_CASE("files are listed a page at a time") {
  fixture f;
  for (int i = 0; i < 3; ++i) f.files.put("x");
  f.files.put("x", "", ".png", bucket::processed_files);
  auto body = json::parse(f.get("/files").body);
  CHECK(body["files"].size() == 3);
  CHECK(body["next_cursor"].is_null());
  CHECK(body["stale"] == false);
  CHECK(f.files.listed == std::pair<std::uint32_t, std::string>{50, ""});
  body = json::parse(f.get("/files?bucket=rtp-processed-files&limit=1&cursor=a%2Bb").body);
  CHECK(body["files"].size() == 1);
  CHECK(body["next_cursor"] == "more");
  CHECK(f.files.listed == std::pair<std::uint32_t, std::string>{1, "a+b"});
  CHECK(f.get("/files?limit=1000").status == 200);
  for (const std::string bad : {"bucket=x", "limit=0", "limit=1001", "limit=-1", "limit=1x", "cursor=bad",
                                "lmit=1", "limit=1&limit=2"}) {
    INFO(bad);
    CHECK(code_of(f.get("/files?" + bad)) == "bad_request");
  }
  CHECK(f.get("/files?lmit=1").body.find("lmit") != std::string::npos);
}

TEST_CASE("a large file comes whole, whether it is a file or not") {
  fixture f;
  f.files.on_disk = GENERATE(false, true);
  std::string bytes(3 << 20, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 31 >> 7);
  const auto name = f.files.put(bytes);
  CHECK(f.get("/files/" + name.path()).body == bytes);
  const auto r = f.get("/files/" + name.path(), "Range: bytes=300000-2999999\r\n");
  CHECK(r.body == bytes.substr(300'000, 2'700'000));
}

TEST_CASE("a file that cannot be read to its end is cut off, and logged") {
  fixture f;
  const auto name = f.files.put(std::string(1 << 20, 'x'));
  f.files.on_read = error{errc::corrupt, "checksum", {}};
  const auto r = f.get("/files/" + name.path());
  CHECK(r.status == 200);
  CHECK(!r.whole);
  const auto log = f.logged(1);
  CHECK(!log[0].complete);
  CHECK(log[0].fault == "checksum");
}

TEST_CASE("a file that is shorter than it was is cut off, and logged") {
  fixture f;
  f.files.on_disk = true;
  const auto name = f.files.put(std::string(1 << 20, 'x'));
  f.files.objects.at(name).bytes.resize(500'000);
  const auto r = f.get("/files/" + name.path());
  CHECK(!r.whole);
  CHECK(r.body.size() == 500'000);
  const auto log = f.logged(1);
  CHECK(!log[0].complete);
  CHECK(log[0].fault == "the file ends early");
}

TEST_CASE("a client that goes away frees what it was reading") {
  fixture f;
  f.files.on_disk = GENERATE(false, true);
  const auto name = f.files.put(std::string(32 << 20, 'x'));
  {
    wire w{f.port};
    w.send("GET /files/" + name.path() + " HTTP/1.1\r\nHost: x\r\n\r\n");
    char byte = 0;
    REQUIRE(::recv(w.descriptor(), &byte, 1, 0) == 1);
  }
  CHECK(!f.logged(1)[0].complete);
  f.running->stop();
  CHECK(f.files.live_readers == 0);
}

}  // namespace
}  // namespace dip::http::test
