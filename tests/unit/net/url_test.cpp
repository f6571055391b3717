#include "net/url.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace dip;

TEST_CASE("a URL is read as it will be called") {
  struct example {
    const char *text, *origin;
    bool has_user = false;
  };
  for (const example& e : {
           example{"https://example.org/hook?a=b#c", "https://example.org:443"},
           example{"HTTP://Example.ORG", "http://example.org:80"},
           example{"http://example.org:1/", "http://example.org:1"},
           example{"http://example.org:65535/", "http://example.org:65535"},
           example{"http://[2001:db8::1]:8080/", "http://[2001:db8::1]:8080"},
           example{"http://user@example.org/", "http://example.org:80", true},
           example{"http://user:secret@example.org/", "http://example.org:80", true},
           example{"http://@example.org/", "http://example.org:80", true},
           example{"http://example.org/a@b", "http://example.org:80"},
           example{"http://example.org?a@b", "http://example.org:80"},
           example{"http://0x7f.1/", "http://127.0.0.1:80"},
           example{"http://2130706433/", "http://127.0.0.1:80"},
           example{"http://0177.0.0.1/", "http://127.0.0.1:80"},
           example{"http://127.1/", "http://127.0.0.1:80"},
       }) {
    CAPTURE(e.text);
    const auto parts = net::parse_url(e.text);
    REQUIRE(parts);
    CHECK(parts->origin() == e.origin);
    CHECK(parts->has_user == e.has_user);
  }
}

TEST_CASE("what is no URL of ours is refused with a sentence") {
  for (const char* bad : {"",
                          "example.org",
                          "//example.org",
                          "ftp://example.org/",
                          "file:///etc/passwd",
                          "gopher://x/",
                          "javascript:alert(1)",
                          "http://",
                          "http:///example.org",
                          "http:/example.org",
                          "http:example.org",
                          "https://example.org:0/",
                          "http://example.org:65536/",
                          "http://example.org:port/",
                          "http://exa mple.org/",
                          "http://example.org/a b",
                          "http://example.org/\r\nX: y",
                          "http://example.org\\@evil.example/",
                          "http://[::1",
                          "http://\x01/",
                          "\thttp://example.org/"}) {
    CAPTURE(bad);
    const auto parts = net::parse_url(bad);
    REQUIRE_FALSE(parts);
    CHECK(parts.error().code == errc::bad_request);
    CHECK_FALSE(parts.error().detail.empty());
  }
}
