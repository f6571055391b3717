#include "actors/envelope.hpp"

#include <fstream>
#include <sstream>

#include <catch2/catch_test_macros.hpp>

#include "actors/hello.hpp"

using namespace dip;

namespace {

bool on_the_page(const std::string& what, const std::string& bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string hex;
  for (const char b : bytes) {
    hex += digits[static_cast<unsigned char>(b) >> 4];
    hex += digits[static_cast<unsigned char>(b) & 15];
  }
  std::ifstream in{"docs/formats.md"};
  std::ostringstream page;
  page << in.rdbuf();
  const auto line = "| " + what + " | `" + hex + "` |";
  INFO("docs/formats.md should have: " << line);
  const bool there = page.str().find(line) != std::string::npos;
  CHECK(there);
  return there;
}

}  // namespace

TEST_CASE("hello and envelope are as docs/formats.md says") {
  hello h;
  h.cluster = "dip";
  h.from = "n1";
  h.to = "n2";
  h.start = "n1#01J";
  h.objects = 4901;
  h.session = 7;
  CHECK(on_the_page("hello", encode(h)));

  envelope e;
  e.form = envelope_form::request;
  e.kind = envelope_kind::lease;
  e.partition = {3};
  e.number = 9;
  e.within = milliseconds{5'000};
  e.bytes = "\x01";
  CHECK(on_the_page("envelope", encode(e)));
}

TEST_CASE("an envelope of a form that is not known is none") {
  envelope e;
  e.form = envelope_form::ack;
  CHECK(parse_envelope(encode(e)));
  e.form = static_cast<envelope_form>(6);
  CHECK(parse_envelope(encode(e)).error().code == errc::corrupt);
}
