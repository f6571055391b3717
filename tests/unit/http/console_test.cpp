#include <array>

#include "http/console_routes.hpp"
#include "tests/unit/http/fixture.hpp"

namespace dip::http::test {
namespace {

constexpr std::array<console_file, 3> files{{
    {"index.html", "text/html; charset=utf-8", "\"i1\"", false, "<!doctype html>", "gz-index", "br-index"},
    {"assets/main-1x2y.js", "text/javascript; charset=utf-8", "\"m1\"", true, "main()", "gz-main", ""},
    {"icon.svg", "image/svg+xml", "\"s1\"", false, "<svg/>", "", ""},
}};

router routes_of(std::span<const console_file> some) {
  router out;
  add_console_routes(out, some);
  return out;
}

TEST_CASE("the console's page is at its folder's name, and is asked for anew each time") {
  fixture f{routes_of(files)};
  const auto r = f.get("/console/");
  CHECK(r.status == 200);
  CHECK(r.body == "<!doctype html>");
  CHECK(r.header("Content-Type") == "text/html; charset=utf-8");
  CHECK(r.header("Cache-Control") == "no-cache");
  CHECK(r.header("ETag") == "\"i1\"");
  CHECK(r.header("X-Content-Type-Options") == "nosniff");
  CHECK(r.header("Content-Security-Policy").starts_with("default-src 'self';"));
  CHECK(r.header("Content-Security-Policy").find("unsafe") == std::string::npos);
  CHECK(f.get("/console/index.html").body == r.body);
}

TEST_CASE("a file whose name says its content is kept") {
  fixture f{routes_of(files)};
  const auto r = f.get("/console/assets/main-1x2y.js");
  CHECK(r.body == "main()");
  CHECK(r.header("Cache-Control") == "public, max-age=31536000, immutable");
}

TEST_CASE("HEAD says what GET would, without the bytes") {
  fixture f{routes_of(files)};
  const auto r = f.call("HEAD", "/console/");
  CHECK(r.status == 200);
  CHECK(r.body.empty());
  CHECK(r.header("Content-Length") == "15");
}

TEST_CASE("the best coding that the client takes is sent") {
  fixture f{routes_of(files)};
  const auto coding = [&](const std::string& path, const std::string& accepted) {
    const auto r = f.get(path, "Accept-Encoding: " + accepted + "\r\n");
    CHECK(r.header("Vary") == "Accept-Encoding");
    return r.header("Content-Encoding") + "|" + r.body + "|" + r.header("ETag");
  };
  CHECK(coding("/console/", "gzip, deflate, br") == "br|br-index|\"i1-br\"");
  CHECK(coding("/console/", "gzip") == "gzip|gz-index|\"i1-gzip\"");
  CHECK(coding("/console/", "GZIP;q=0.8 , br;q=0.5") == "gzip|gz-index|\"i1-gzip\"");
  CHECK(coding("/console/", "*") == "br|br-index|\"i1-br\"");
  CHECK(coding("/console/", "*, br;q=0") == "gzip|gz-index|\"i1-gzip\"");
  CHECK(coding("/console/", "br;q=0, gzip;q=0.000") == "|<!doctype html>|\"i1\"");
  CHECK(coding("/console/", "br;q=nonsense, zstd") == "|<!doctype html>|\"i1\"");
  CHECK(coding("/console/", "identity") == "|<!doctype html>|\"i1\"");
  CHECK(coding("/console/assets/main-1x2y.js", "br, gzip") == "gzip|gz-main|\"m1-gzip\"");
  CHECK(coding("/console/icon.svg", "br, gzip") == "|<svg/>|\"s1\"");
}

TEST_CASE("what a client has already is not sent again, coding by coding") {
  fixture f{routes_of(files)};
  CHECK(f.get("/console/", "If-None-Match: \"i1\"\r\n").status == 304);
  CHECK(f.get("/console/", "If-None-Match: \"i1-br\"\r\nAccept-Encoding: br\r\n").status == 304);
  CHECK(f.get("/console/", "If-None-Match: \"i1-br\"\r\n").status == 200);
  CHECK(f.get("/console/", "If-None-Match: \"i0\"\r\n").status == 200);
}

TEST_CASE(
    "without its slash the folder is redirected to relatively, so that a proxy may have a prefix before it") {
  fixture f{routes_of(files)};
  const auto r = f.get("/console");
  CHECK(r.status == 308);
  CHECK(r.header("Location") == "console/");
}

TEST_CASE("the console has the files that it has") {
  fixture f{routes_of(files)};
  CHECK(code_of(f.get("/console/assets/main.js")) == "not_found");
  CHECK(code_of(f.get("/console/assets")) == "not_found");
  CHECK(code_of(f.get("/console/../cluster.conf")) == "not_found");
  CHECK(code_of(f.get("/console/%2e%2e%2findex.html")) == "not_found");
  CHECK(code_of(f.call("POST", "/console/")) == "method_not_allowed");
}

TEST_CASE("a dip that was built without the console says so") {
  fixture f{routes_of({})};
  for (const auto* path : {"/console", "/console/", "/console/assets/main-1x2y.js"}) {
    const auto r = f.get(path);
    CHECK(code_of(r) == "not_found");
    CHECK(r.body.find("DIP_CONSOLE") != std::string::npos);
  }
}

TEST_CASE("what the build put in is whole: a page, what it names, and a coding that is smaller") {
  const auto built = embedded_console();
  if (built.empty()) SKIP("built without the console");
  fixture f;
  const auto page = f.get("/console/");
  REQUIRE(page.status == 200);
  CHECK(page.body.starts_with("<!doctype html>"));
  CHECK(page.body.find("<script>") == std::string::npos);
  CHECK(page.body.find("style=") == std::string::npos);
  for (const auto& file : built) {
    INFO(file.path);
    CHECK((file.gzip.empty() || file.gzip.size() < file.bytes.size()));
    CHECK((file.brotli.empty() || file.brotli.size() < file.bytes.size()));
    CHECK(f.get("/console/" + std::string{file.path}).body == file.bytes);
    CHECK(file.immutable == file.path.starts_with("assets/"));
  }
  for (auto at = page.body.find("./assets/"); at != std::string::npos;
       at = page.body.find("./assets/", at + 1)) {
    const auto path = page.body.substr(at + 2, page.body.find('"', at) - at - 2);
    INFO(path);
    CHECK(f.get("/console/" + path).status == 200);
  }
}

}  // namespace
}  // namespace dip::http::test
