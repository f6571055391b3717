#include "notify/mail.hpp"

#include <algorithm>

#include <catch2/catch_test_macros.hpp>

#include "notify/address.hpp"
#include "notify/mail_templates.hpp"
#include "tests/support/python_child.hpp"
#include "tests/support/scratch_dir.hpp"

using namespace dip;
using nlohmann::json;

namespace {

result_mail good_mail() {
  result_mail mail;
  mail.to = "owner@example.org";
  mail.from = "DIP Bilder <dip@img.example.org>";
  mail.request = "01JABCDEFGHJKMNPQRSTVWXYZ0";
  mail.status_url = "https://img.example.org/requests/01JABCDEFGHJKMNPQRSTVWXYZ0";
  mail.file_name = "holiday.jpg";
  mail.succeeded = true;
  mail.outputs = {{"large", "https://img.example.org/files/b/large.webp", "webp", 1600, 1200, 182'400},
                  {"thumb", "https://img.example.org/files/b/thumb.avif", "avif", 160, 120, 4'210}};
  mail.preview_jpeg = std::string("\xff\xd8\xff\0\r\n.\r\n\xff\xd9", 11);
  mail.finished_at = *parse_rfc3339("2026-03-04T05:06:07.089Z");
  return mail;
}

const mail_templates& built_in() {
  static const auto templates = *mail_templates::read("", "en");
  return *templates;
}

std::string render_mail(const result_mail& mail) { return dip::render_mail(mail, built_in()); }

json read(const std::string& bytes) {
  const test::scratch_dir dir;
  test::python_child python({"tests/support/mail_dump.py", dir.write("mail.eml", bytes)});
  return python.hello();
}

std::string header(const json& part, const std::string& name) {
  std::string found;
  size_t count = 0;
  for (const auto& h : part["headers"])
    if (h[0] == name) found = h[1], ++count;
  CAPTURE(name);
  CHECK(count <= 1);
  return found;
}

bool contains(const json& text, std::string_view what) {
  return text.get<std::string>().find(what) != std::string::npos;
}

bool only_crlf_lines(const std::string& bytes) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r')) return false;
    if (bytes[i] == '\r' && (i + 1 == bytes.size() || bytes[i + 1] != '\n')) return false;
  }
  return true;
}

size_t longest_line(const std::string& bytes) {
  size_t longest = 0;
  for (size_t at = 0; at < bytes.size();) {
    const auto end = std::min(bytes.find("\r\n", at), bytes.size());
    longest = std::max(longest, end - at);
    at = end + 2;
  }
  return longest;
}

// A mail with `evil` in every field that somebody else can write to.
result_mail mail_full_of(const std::string& evil) {
  result_mail mail = good_mail();
  mail.file_name = evil;
  mail.request = evil;
  mail.status_url = evil;
  mail.to = "owner@example.org" + evil;
  mail.failure = {errc::invalid_operation, evil, evil};
  mail.language = evil;
  for (auto& output : mail.outputs) output.name = output.url = output.format = evil;
  return mail;
}

}  // namespace

TEST_CASE("a good result's mail has its headers, its parts and its links") {
  const std::string bytes = render_mail(good_mail());
  CHECK(only_crlf_lines(bytes));
  CHECK(longest_line(bytes) <= 78);
  const json mail = read(bytes);
  CHECK(mail["defects"].empty());
  CHECK(header(mail, "subject") == "holiday.jpg is ready");
  CHECK(header(mail, "from") == "DIP Bilder <dip@img.example.org>");
  CHECK(header(mail, "to") == "owner@example.org");
  CHECK(header(mail, "date") == "Wed, 04 Mar 2026 05:06:07 +0000");
  CHECK(header(mail, "message-id") == "<01JABCDEFGHJKMNPQRSTVWXYZ0@img.example.org>");
  CHECK(header(mail, "auto-submitted") == "auto-generated");
  CHECK(header(mail, "mime-version") == "1.0");

  CHECK(mail["type"] == "multipart/alternative");
  REQUIRE(mail["parts"].size() == 2);
  const json& plain = mail["parts"][0];
  CHECK(plain["type"] == "text/plain");
  CHECK(contains(plain["text"],
                 "large: 1600 × 1200 · WEBP · 182 kB\nhttps://img.example.org/files/b/large.webp\n"));
  CHECK(contains(plain["text"], "thumb: 160 × 120 · AVIF · 4.2 kB\n"));

  const json& related = mail["parts"][1];
  CHECK(related["type"] == "multipart/related");
  REQUIRE(related["parts"].size() == 2);
  const json& html = related["parts"][0];
  CHECK(html["type"] == "text/html");
  CHECK(contains(html["text"], "href=\"https://img.example.org/files/b/large.webp\""));
  CHECK(contains(html["text"], "1600 × 1200 · WEBP · 182 kB"));
  const json& image = related["parts"][1];
  CHECK(image["type"] == "image/jpeg");
  CHECK(image["size"] == 11);
  const std::string id = header(image, "content-id");
  REQUIRE(id.size() > 2);
  CHECK(contains(html["text"], "src=\"cid:" + id.substr(1, id.size() - 2) + "\""));
}

TEST_CASE("without a preview there is no related part") {
  auto plain = good_mail();
  plain.preview_jpeg.clear();
  const json mail = read(render_mail(plain));
  CHECK(mail["parts"][1]["type"] == "text/html");
  CHECK_FALSE(contains(mail["parts"][1]["text"], "<img"));
}

TEST_CASE("a bad result's mail says why in plain words") {
  auto failed = good_mail();
  failed.succeeded = false;
  failed.outputs.clear();
  failed.preview_jpeg.clear();
  failed.failure = {errc::invalid_image, "VipsJpeg: premature end", "preprocess"};
  const json mail = read(render_mail(failed));
  CHECK(header(mail, "subject") == "holiday.jpg could not be processed");
  CHECK(contains(mail["parts"][0]["text"], "it is damaged or"));
  CHECK(contains(mail["parts"][1]["text"], "it is damaged or incomplete"));
  CHECK_FALSE(contains(mail["parts"][1]["text"], "Vips"));
}

TEST_CASE("the run makes another Message-ID, the same run the same") {
  auto mail = good_mail();
  const auto first = header(read(render_mail(mail)), "message-id");
  CHECK(header(read(render_mail(mail)), "message-id") == first);
  mail.run = 2;
  CHECK(header(read(render_mail(mail)), "message-id") == "<01JABCDEFGHJKMNPQRSTVWXYZ0.2@img.example.org>");
}

TEST_CASE("names of other scripts are encoded words that come back whole") {
  auto mail = good_mail();
  mail.file_name = "Grüße aus Köln 世界 🌍.jpg";
  mail.from = "Bilderdienst Köln <dip@img.example.org>";
  const std::string bytes = render_mail(mail);
  CHECK(std::all_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
  const json got = read(bytes);
  CHECK(header(got, "subject") == "Grüße aus Köln 世界 🌍.jpg is ready");
  CHECK(header(got, "from") == "Bilderdienst Köln <dip@img.example.org>");
  CHECK(contains(got["parts"][0]["text"], "Grüße aus Köln 世界 🌍.jpg is ready."));
}

TEST_CASE("a very long name is shortened in its middle, and no line is too long") {
  auto mail = good_mail();
  mail.file_name = std::string(4000, 'x') + "世界.jpg";
  const std::string bytes = render_mail(mail);
  CHECK(longest_line(bytes) <= 998);
  const std::string subject = header(read(bytes), "subject");
  CHECK(subject.size() < 120);
  CHECK(subject.find("…") != std::string::npos);
  CHECK(subject.find("世界.jpg is ready") != std::string::npos);
}

TEST_CASE("nothing that a user wrote can leave its field") {
  for (const std::string& evil :
       {std::string("a\r\nBcc: victim@example.org\r\n\r\n<script>alert(1)</script>"),
        std::string("a\nX-Evil: 1"), std::string("a\rX-Evil: 1"), std::string("\xe2\x80\xa8X-Evil: 1"),
        std::string("=?utf-8?q?=0aX-Evil:_1?="), std::string("\"><img src=x onerror=alert(1)>'"),
        std::string("javascript:alert(1)"), std::string("\xff\xfe\x80"), std::string("a\0b", 3),
        std::string("\r\n.\r\nQUIT\r\n")}) {
    for (const bool succeeded : {true, false}) {
      CAPTURE(evil, succeeded);
      auto mail = mail_full_of(evil);
      mail.succeeded = succeeded;
      const std::string bytes = render_mail(mail);
      CHECK(only_crlf_lines(bytes));
      const json got = read(bytes);
      for (const auto& h : got["headers"]) {
        const std::string name = h[0];
        const bool ours = name == "from" || name == "to" || name == "subject" || name == "date" ||
                          name == "message-id" || name == "auto-submitted" || name == "mime-version" ||
                          name == "content-type";
        CHECK(ours);
      }
      CHECK(header(got, "to").empty());
      REQUIRE(got["parts"].size() == 2);
      const json& html = got["parts"][1]["parts"][0]["text"];
      CHECK_FALSE(contains(html, "<script"));
      CHECK_FALSE(contains(html, "<img src=x"));
      CHECK_FALSE(contains(html, "href=\"javascript"));
    }
  }
}

TEST_CASE("an address is one plain mailbox and nothing else") {
  for (const char* good :
       {"a@b", "owner@example.org", "o'neil+tag@sub.example.co.uk", "x_y-z@xn--bcher-kva.example",
        "root@localhost", "a@[192.0.2.1]", "a@[IPv6:2001:db8::1]"}) {
    CAPTURE(good);
    CHECK(check_address(good));
  }
  const std::string long_label(64, 'a');
  for (const std::string& bad : {std::string(),
                                 std::string("a"),
                                 std::string("@b"),
                                 std::string("a@"),
                                 std::string("a@b\r\nBcc: c@d"),
                                 std::string("A <a@b>"),
                                 std::string("a@b, c@d"),
                                 std::string("a b@c"),
                                 std::string("\"a b\"@c"),
                                 std::string("jörg@example.org"),
                                 std::string("a@exämple.org"),
                                 std::string(".a@b"),
                                 std::string("a..b@c"),
                                 std::string("a.@b"),
                                 std::string("a@b."),
                                 std::string("a@-b"),
                                 std::string("a@b_c"),
                                 std::string("a@[1]2]"),
                                 std::string("a\0@b", 4),
                                 std::string("a@b\0", 4),
                                 "a@" + long_label,
                                 long_label + "a@b",
                                 std::string("<a@b>"),
                                 std::string(" a@b"),
                                 std::string("a@b ")}) {
    CAPTURE(bad);
    const auto checked = check_address(bad);
    REQUIRE_FALSE(checked);
    CHECK_FALSE(checked.error().detail.empty());
  }
}

TEST_CASE("a sender is read with and without its name") {
  CHECK(read_mailbox("dip@localhost").address == "dip@localhost");
  CHECK(read_mailbox("DIP <dip@localhost>").name == "DIP");
  CHECK(read_mailbox("\"Images, Inc.\" <i@example.org>").name == "Images, Inc.");
  CHECK(read_mailbox("\"Images, Inc.\" <i@example.org>").address == "i@example.org");
  CHECK(read_mailbox("nobody").address.empty());
  CHECK(read_mailbox("").address.empty());
  CHECK(read_mailbox("DIP <dip@local\r\nX: y>").address.empty());
}

TEST_CASE("every way to fail has a sentence without our own words, in each language") {
  for (const std::string language : {"en", "de"})
    for (const errc code : {errc::invalid_image, errc::unsupported_media, errc::too_many_pixels,
                            errc::too_large, errc::invalid_operation, errc::timeout, errc::worker_crashed,
                            errc::not_found, errc::disk_full, errc::internal, errc::corrupt}) {
      auto mail = good_mail();
      mail.succeeded = false;
      mail.language = language;
      mail.failure = {code, "a detail", "process"};
      const auto words = built_in().render(mail, {});
      CAPTURE(words.text);
      CHECK(words.text.find(".\n\n-- \n") != std::string::npos);
      CHECK(words.text.find(to_string(code)) ==
            (code == errc::timeout ? words.text.find("timeout") : std::string::npos));
      CHECK((words.text.find("a detail.") != std::string::npos) == (code == errc::invalid_operation));
    }
}

TEST_CASE("a mail is in the language that is asked for, and in the fallback otherwise") {
  auto mail = good_mail();
  mail.language = "de";
  CHECK(header(read(render_mail(mail)), "subject") == "holiday.jpg ist fertig");
  mail.language = "tlh";
  CHECK(header(read(render_mail(mail)), "subject") == "holiday.jpg is ready");
}
