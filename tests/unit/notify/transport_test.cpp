#include <algorithm>
#include <cstdlib>
#include <set>
#include <thread>

#include <catch2/catch_test_macros.hpp>

#include "notify/mail.hpp"
#include "notify/mail_templates.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/mail_server.hpp"
#include "tests/support/scratch_dir.hpp"

using namespace dip;
using nlohmann::json;
using outcome = delivery::outcome;

namespace {

smtp_config config_for(const test::mail_server& server) {
  smtp_config c;
  c.url = server.url();
  c.tls = smtp_config::tls_mode::none;
  c.timeout = milliseconds(5000);
  return c;
}

std::string letter() {
  result_mail mail;
  mail.to = "owner@example.org";
  mail.from = "DIP <dip@localhost>";
  mail.request = "01JABCDEFGHJKMNPQRSTVWXYZ0";
  mail.file_name = "Grüße.jpg";
  mail.succeeded = true;
  mail.preview_jpeg = "\xff\xd8\xff\xd9";
  return render_mail(mail, **mail_templates::read("", "en"));
}

delivery deliver(const smtp_config& config) {
  auto transport = make_smtp_transport(config);
  REQUIRE(transport);
  return (*transport)->deliver("DIP <dip@localhost>", "owner@example.org", letter());
}

}  // namespace

TEST_CASE("the mail server gets the very bytes that were rendered") {
  test::mail_server server;
  auto transport = make_smtp_transport(config_for(server));
  REQUIRE(transport);
  const std::string bytes = letter();
  const auto sent = (*transport)->deliver("DIP <dip@localhost>", "owner@example.org", bytes);
  CHECK(sent.what == outcome::sent);
  CHECK(sent.detail == "250 2.0.0 taken");
  const json got = server.received();
  CHECK(got["sender"] == "dip@localhost");
  CHECK(got["recipients"] == json{"owner@example.org"});
  CHECK(got["raw"] == bytes);
  CHECK(got["message"]["defects"].empty());
  CHECK(got["message"]["parts"][1]["parts"][1]["type"] == "image/jpeg");
}

TEST_CASE("what the server says decides between sent, refused and try again") {
  struct example {
    const char* option;
    const char* reply;
    outcome what;
    bool of_address;
  };
  for (const example& e : {example{"--at-rcpt", "550 5.1.1 no such user", outcome::refused, true},
                           example{"--at-rcpt", "550 no such user", outcome::refused, true},
                           example{"--at-rcpt", "550 5.2.1 closed", outcome::refused, true},
                           example{"--at-rcpt", "552 5.2.2 mailbox full", outcome::refused, false},
                           example{"--at-rcpt", "550 5.7.1 relaying denied", outcome::refused, false},
                           example{"--at-rcpt", "554 no relay", outcome::refused, false},
                           example{"--at-rcpt", "450 4.2.1 later", outcome::try_again, false},
                           example{"--at-mail", "553 5.7.1 not your name", outcome::refused, false},
                           example{"--at-data", "554 5.7.1 spam", outcome::refused, false},
                           example{"--at-data", "451 4.3.0 later", outcome::try_again, false}}) {
    CAPTURE(e.option, e.reply);
    const test::mail_server server({e.option, e.reply});
    const auto got = deliver(config_for(server));
    CHECK(got.what == e.what);
    CHECK(got.detail == e.reply);
    CHECK(got.of_address == e.of_address);
  }
}

TEST_CASE("a lost connection and a silent server are tried again") {
  CHECK(deliver(config_for(test::mail_server({"--drop", "data"}))).what == outcome::try_again);
  const test::mail_server silent({"--hang", "greeting"});
  auto config = config_for(silent);
  config.timeout = milliseconds(300);
  const auto got = deliver(config);
  CHECK(got.what == outcome::try_again);
  CHECK_FALSE(got.detail.empty());
}

TEST_CASE("the password comes from its file; a wrong one is no fault of the address") {
  const test::scratch_dir dir;
  test::mail_server server({"--login", "dip:sesame"});
  auto config = config_for(server);
  config.user = "dip";
  config.password_file = dir.write("secret", "sesame\n");
  CHECK(deliver(config).what == outcome::sent);
  CHECK(server.received()["login"] == "dip");
  config.password_file = dir.write("secret", "open\n");
  const auto refused = deliver(config);
  CHECK(refused.what == outcome::try_again);
  CHECK(refused.detail.substr(0, 3) == "535");
}

TEST_CASE("a certificate that nobody vouches for is not trusted") {
  const test::scratch_dir dir;
  const auto pems = test::make_certificates(dir);
  test::mail_server server({"--tls", "starttls", "--cert", pems.cert, "--key", pems.key});
  auto config = config_for(server);
  config.tls = smtp_config::tls_mode::starttls;
  CHECK(deliver(config).what == outcome::try_again);
  config.ca_file = pems.ca;
  CHECK(deliver(config).what == outcome::sent);
  CHECK(server.received()["encrypted"] == true);
}

TEST_CASE("a transport that cannot work is not made") {
  smtp_config config;
  for (const char* url : {"", "http://mail", "smtp://", "smtp://a b"}) {
    config.url = url;
    CHECK(make_smtp_transport(config).error().code == errc::bad_request);
  }
  config.url = "smtp://localhost";
  config.password_file = "/nonexistent/secret";
  CHECK(make_smtp_transport(config).error().code == errc::bad_request);
}

TEST_CASE("the outbox keeps whole files under telling names") {
  const test::scratch_dir dir;
  auto transport = make_outbox_transport(dir / "a/b/outbox");
  REQUIRE(transport);
  const std::string bytes = letter();
  const auto sent = (*transport)->deliver("dip@localhost", "owner@example.org", bytes);
  REQUIRE(sent.what == outcome::sent);
  std::vector<std::filesystem::path> files;
  for (const auto& f : std::filesystem::directory_iterator(dir / "a/b/outbox")) files.push_back(f.path());
  REQUIRE(files.size() == 1);
  CHECK(test::read_file(files[0]) == bytes);
  const std::string name = files[0].filename();
  CHECK(name.substr(name.find('-')) == "-01JABCDEFGHJKMNPQRSTVWXYZ0@localhost.eml");
}

TEST_CASE("an outbox that is gone is tried again, one that cannot be made is an error") {
  const test::scratch_dir dir;
  auto transport = make_outbox_transport(dir / "outbox");
  REQUIRE(transport);
  std::filesystem::remove(dir / "outbox");
  const auto got = (*transport)->deliver("a@b", "c@d", letter());
  CHECK(got.what == outcome::try_again);
  CHECK(got.detail.find("No such file") != std::string::npos);
  dir.write("file", "");
  CHECK(make_outbox_transport(dir / "file/outbox").error().code == errc::io);
}

TEST_CASE("mails of several threads need fewer connections than there are mails") {
  test::mail_server server;
  auto transport = make_smtp_transport(config_for(server));
  REQUIRE(transport);
  constexpr int threads = 3, each = 6;
  std::vector<std::jthread> senders;
  for (int t = 0; t < threads; ++t)
    senders.emplace_back([&] {
      for (int i = 0; i < each; ++i)
        if ((*transport)->deliver("dip@localhost", "owner@example.org", letter()).what != outcome::sent)
          std::abort();
    });
  std::set<int> connections;
  for (int i = 0; i < threads * each; ++i) connections.insert(server.received()["connection"].get<int>());
  CHECK(connections.size() <= threads);
}
