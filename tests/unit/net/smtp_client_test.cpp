#include "net/smtp_client.hpp"

#include <memory>
#include <set>

#include <catch2/catch_test_macros.hpp>

#include "tests/support/certificates.hpp"
#include "tests/support/mail_server.hpp"
#include "tests/support/scratch_dir.hpp"

using namespace dip;
using step = net::smtp_reply::step;

namespace {

net::smtp_settings settings_for(const test::mail_server& server, const std::string& scheme = "smtp") {
  net::smtp_settings s;
  s.url = server.url(scheme);
  s.starttls = false;
  return s;
}

const std::string letter = "Subject: hello\r\n\r\n.a line that starts with a dot\r\nand another\r\n";

net::smtp_reply send(const net::smtp_settings& settings) {
  auto reply = net::smtp_client{settings}.send("dip@localhost", "owner@example.org", letter);
  REQUIRE(reply);
  return *reply;
}

}  // namespace

TEST_CASE("a message arrives as it was, under its envelope") {
  test::mail_server server;
  const auto reply = send(settings_for(server));
  CHECK(reply.accepted);
  CHECK(reply.code == 250);
  CHECK(reply.line == "250 2.0.0 taken");
  const auto got = server.received();
  CHECK(got["sender"] == "dip@localhost");
  CHECK(got["recipients"] == nlohmann::json{"owner@example.org"});
  CHECK(got["raw"] == letter);
  CHECK(got["encrypted"] == false);
}

TEST_CASE("STARTTLS and SMTPS encrypt, with a certificate that is trusted") {
  const test::scratch_dir dir;
  const auto pems = test::make_certificates(dir);
  for (const std::string mode : {"starttls", "implicit"}) {
    CAPTURE(mode);
    test::mail_server server({"--tls", mode, "--cert", pems.cert, "--key", pems.key});
    auto settings = settings_for(server, mode == "implicit" ? "smtps" : "smtp");
    settings.starttls = mode == "starttls";

    const auto distrusted = send(settings);
    CHECK_FALSE(distrusted.accepted);
    CHECK(distrusted.at == step::none);
    CHECK(distrusted.code == 0);
    CHECK(distrusted.line.find("certificate") != std::string::npos);

    settings.ca_file = pems.ca;
    CHECK(send(settings).accepted);
    CHECK(server.received()["encrypted"] == true);
  }
}

TEST_CASE("nothing goes out in the clear when STARTTLS is demanded and not offered") {
  test::mail_server server;
  auto settings = settings_for(server);
  settings.starttls = true;
  const auto reply = send(settings);
  CHECK_FALSE(reply.accepted);
  CHECK(reply.at == step::none);
}

TEST_CASE("AUTH is done with the right password and fails with a wrong one") {
  test::mail_server server({"--login", "dip:sesame"});
  auto settings = settings_for(server);
  settings.user = "dip";
  settings.password = "open";
  const auto refused = send(settings);
  CHECK_FALSE(refused.accepted);
  CHECK(refused.code == 535);
  CHECK(refused.at == step::login);

  settings.password = "sesame";
  CHECK(send(settings).accepted);
  CHECK(server.received()["login"] == "dip");
}

TEST_CASE("a refusal has its code, its words and its step") {
  struct example {
    const char* option;
    const char* reply;
    step at;
    int code;
  };
  for (const example& e : {example{"--at-mail", "550 5.7.1 we do not like you", step::sender, 550},
                           example{"--at-rcpt", "550 5.1.1 no such user", step::recipient, 550},
                           example{"--at-rcpt", "451 4.7.1 greylisted", step::recipient, 451},
                           example{"--at-data", "552 5.3.4 too big", step::message, 552},
                           example{"--at-data", "452 4.2.2 mailbox full", step::message, 452}}) {
    CAPTURE(e.option, e.reply);
    test::mail_server server({e.option, e.reply});
    const auto reply = send(settings_for(server));
    CHECK_FALSE(reply.accepted);
    CHECK(reply.code == e.code);
    CHECK(reply.at == e.at);
    CHECK(reply.line == e.reply);
  }
}

TEST_CASE("a connection that is lost after the message is no answer") {
  test::mail_server server({"--drop", "data"});
  const auto reply = send(settings_for(server));
  CHECK_FALSE(reply.accepted);
  CHECK(reply.code == 0);
  CHECK(reply.at == step::none);
  CHECK_FALSE(reply.line.empty());
}

TEST_CASE("a server that says nothing is given up after the timeout") {
  for (const char* where : {"greeting", "data"}) {
    CAPTURE(where);
    test::mail_server server({"--hang", where});
    auto settings = settings_for(server);
    settings.timeout = milliseconds(300);
    const auto reply = send(settings);
    CHECK_FALSE(reply.accepted);
    CHECK(reply.at == step::none);
    CHECK_FALSE(reply.line.empty());
  }
}

TEST_CASE("a message that was taken stays taken when QUIT is not answered") {
  test::mail_server server({"--hang", "quit"});
  auto settings = settings_for(server);
  settings.timeout = milliseconds(1000);
  const auto reply = send(settings);
  CHECK(reply.accepted);
  CHECK(reply.line == "250 2.0.0 taken");
}

TEST_CASE("nobody listening is no answer") {
  net::smtp_settings settings;
  {
    const test::mail_server gone;
    settings = settings_for(gone);
  }
  const auto reply = send(settings);
  CHECK_FALSE(reply.accepted);
  CHECK(reply.at == step::none);
}

TEST_CASE("messages follow each other over one connection") {
  test::mail_server server;
  net::smtp_client client{settings_for(server)};
  std::set<int> connections;
  for (int i = 0; i < 5; ++i) {
    REQUIRE(client.send("dip@localhost", "owner@example.org", letter)->accepted);
    connections.insert(server.received()["connection"].get<int>());
  }
  CHECK(connections.size() == 1);
}

TEST_CASE("a refusal does not spoil what follows") {
  test::mail_server server({"--at-rcpt", "550 5.1.1 no such user"});
  net::smtp_client client{settings_for(server)};
  for (int i = 0; i < 3; ++i) {
    const auto reply = client.send("dip@localhost", "owner@example.org", letter);
    REQUIRE(reply);
    CHECK(reply->code == 550);
    CHECK(reply->at == step::recipient);
  }
}

TEST_CASE("a server that ends a kept connection gets the message over another one") {
  for (const std::vector<std::string>& how : {std::vector<std::string>{"--most", "2"}, {"--hang-up"}}) {
    CAPTURE(how);
    test::mail_server server(how);
    net::smtp_client client{settings_for(server)};
    std::set<int> connections;
    for (int i = 0; i < 5; ++i) {
      const auto reply = client.send("dip@localhost", "owner@example.org", letter);
      REQUIRE(reply);
      CHECK(reply->accepted);
      connections.insert(server.received()["connection"].get<int>());
      if (how.front() == "--hang-up") CHECK(server.received()["hung_up"] == true);
    }
    CHECK(connections.size() > 1);
  }
}

TEST_CASE("a client that goes does not wait for a server that does not answer QUIT") {
  test::mail_server server({"--hang", "quit"});
  auto client = std::make_unique<net::smtp_client>(settings_for(server));
  REQUIRE(client->send("dip@localhost", "owner@example.org", letter)->accepted);
  client.reset();  // libcurl's own patience would be two minutes: the test's time limit sees it
  CHECK(server.received()["raw"] == letter);
}

TEST_CASE("line breaks in the envelope and other URLs are not used") {
  net::smtp_settings settings;
  settings.url = "smtp://127.0.0.1:1";
  const auto code = [&](const char* from, const char* to) {
    return net::smtp_client{settings}.send(from, to, letter).error().code;
  };
  CHECK(code("a@b", "c@d\r\nDATA") == errc::bad_request);
  CHECK(code("a@b\nx", "c@d") == errc::bad_request);
  CHECK(code("", "c@d") == errc::bad_request);
  settings.url = "file:///etc/passwd";
  CHECK(code("a@b", "c@d") == errc::bad_request);
}
