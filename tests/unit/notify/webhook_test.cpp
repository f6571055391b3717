#include "notify/webhook.hpp"

#include <map>

#include <catch2/catch_test_macros.hpp>

#include "tests/support/python_child.hpp"
#include "tests/support/scratch_dir.hpp"

using namespace dip;
using nlohmann::json;
using outcome = delivery::outcome;

namespace {

// The specification's own example.
const std::string published_secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

std::string secret_of(size_t bytes) {
  static const std::map<size_t, std::string> known{{23, "AAECAwQFBgcICQoLDA0ODxAREhMUFRY="},
                                                   {24, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"},
                                                   {64, std::string(84, 'A') + "AA=="},
                                                   {65, std::string(84, 'A') + "AAA="}};
  return "whsec_" + known.at(bytes);
}

result<std::unique_ptr<webhook_secrets>> secrets_of(const std::string& text) {
  const test::scratch_dir dir;
  return webhook_secrets::read(dir.write("secret", text));
}

struct at_noon final : clock {
  wall_time wall() const override { return wall_time{milliseconds{1'614'265'330'999}}; }
  steady_time steady() const override { return {}; }
};

class receiver {
public:
  explicit receiver(std::vector<std::string> options = {}) : child_(command(std::move(options))) {}
  [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + std::to_string(child_.hello()["port"].get<int>()) + "/hook";
  }
  json received() { return json::parse(child_.line()); }

private:
  static std::vector<std::string> command(std::vector<std::string> options) {
    options.insert(options.begin(), "tests/support/http_receiver.py");
    return options;
  }
  test::python_child child_;
};

webhooks_config rules(std::initializer_list<const char*> allow) {
  webhooks_config c;
  c.timeout = milliseconds{5'000};
  for (const char* network : allow) c.allow.push_back(*parse_network(network));
  return c;
}

struct sender {
  explicit sender(const webhooks_config& c) : hooks(make_webhook_transport(c, *secrets, time)) {}
  at_noon time;
  std::unique_ptr<webhook_secrets> secrets = std::move(*secrets_of(published_secret));
  std::unique_ptr<webhook_transport> hooks;
};

}  // namespace

TEST_CASE("a signature is the one that the specification publishes") {
  const auto secrets = secrets_of(published_secret + "\n");
  REQUIRE(secrets);
  CHECK((*secrets)->sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", R"({"test": 2432232314})") ==
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST_CASE("while one secret replaces another, both sign") {
  const auto both = secrets_of("# new\n" + published_secret + "\r\n\n  " + secret_of(24) + "  \n");
  REQUIRE(both);
  const auto one = secrets_of(published_secret), two = secrets_of(secret_of(24));
  CHECK((*both)->sign("a", "1", "b") == (*one)->sign("a", "1", "b") + " " + (*two)->sign("a", "1", "b"));
}

TEST_CASE("a secret is 24 to 64 bytes of base64 behind whsec_, and what is wrong has its line") {
  CHECK(secrets_of(secret_of(24)));
  CHECK(secrets_of(secret_of(64)));
  struct example {
    std::string text, error;
  };
  for (const auto& e :
       {example{secret_of(23), "line 1: a secret has 24 to 64 bytes, this one has 23"},
        example{secret_of(65), "line 1: a secret has 24 to 64 bytes, this one has 65"},
        example{"\n" + secret_of(24).substr(6), "line 2: a secret starts with whsec_"},
        example{"whsec_%%%%", "line 1: what follows whsec_ is not base64"},
        example{"\n# nothing\n", "has no secret in it"}, example{"", "has no secret in it"}}) {
    CAPTURE(e.text);
    const auto got = secrets_of(e.text);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == errc::bad_request);
    CHECK(got.error().detail.ends_with(e.error));
    CHECK(got.error().detail.find(secret_of(24).substr(6)) == std::string::npos);
  }
  CHECK_FALSE(webhook_secrets::read("/nonexistent/secret"));
}

TEST_CASE("secrets that cannot be read again stay as they were") {
  const test::scratch_dir dir;
  const auto secrets = webhook_secrets::read(dir.write("secret", published_secret));
  REQUIRE(secrets);
  const auto before = (*secrets)->sign("a", "1", "b");
  dir.write("secret", "nothing");
  CHECK_FALSE((*secrets)->reload());
  CHECK((*secrets)->sign("a", "1", "b") == before);
  dir.write("secret", secret_of(24));
  CHECK((*secrets)->reload());
  CHECK((*secrets)->sign("a", "1", "b") != before);
}

TEST_CASE("an endpoint is http or https, without a password, and no address that is not public") {
  for (const char* good :
       {"https://example.org/hook", "http://example.org:8080/", "https://8.8.8.8/", "https://[2606:4700::1]/",
        "https://localhost/"}) {  // names are judged when called
    CAPTURE(good);
    CHECK(check_webhook(good, {}));
  }
  for (const char* bad : {"",
                          "example.org",
                          "ftp://example.org/",
                          "https://user:pass@example.org/",
                          "https://user@example.org/",
                          "http://127.0.0.1/",
                          "http://127.1/",
                          "http://0x7f000001/",
                          "http://2130706433/",
                          "http://0/",
                          "http://10.0.0.1/",
                          "http://169.254.169.254/latest/meta-data/",
                          "http://[::1]/",
                          "http://[::]/",
                          "http://[::ffff:127.0.0.1]/",
                          "http://[::ffff:8.8.8.8]/",
                          "http://[fd00::1]/",
                          "http://[fe80::1]/",
                          "http://[64:ff9b::7f00:1]/",
                          "http://[2002:7f00:1::]/",
                          "http://100.64.0.1/",
                          "http://224.0.0.1/",
                          "https://example.org:0/",
                          "https://example.org:65536/"}) {
    CAPTURE(bad);
    const auto checked = check_webhook(bad, {});
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == errc::invalid_operation);
    CHECK_FALSE(checked.error().detail.empty());
  }
  CHECK(check_webhook("http://127.0.0.1/", rules({"127.0.0.0/8"})));
  CHECK_FALSE(check_webhook("http://[::1]/", rules({"127.0.0.0/8"})));
}

TEST_CASE("a call carries the body and what a receiver checks it with") {
  receiver at;
  sender s(rules({"127.0.0.0/8"}));
  const auto sent = s.hooks->deliver(at.url(), "01J.1", R"({"a":1})");
  CHECK(sent.what == outcome::sent);
  const auto got = at.received();
  CHECK(got["path"] == "/hook");
  CHECK(got["body"] == R"({"a":1})");
  CHECK(got["headers"]["content-type"] == "application/json");
  CHECK(got["headers"]["webhook-id"] == "01J.1");
  CHECK(got["headers"]["webhook-timestamp"] == "1614265330");
  CHECK(got["headers"]["webhook-signature"] == s.secrets->sign("01J.1", "1614265330", R"({"a":1})"));
}

TEST_CASE("a resolved address that is not public is refused when it is connected to") {
  receiver at;
  sender strict(rules({})), open(rules({"127.0.0.0/8", "::1"}));
  // A name, so that nothing but its resolved address tells.
  const auto refused = strict.hooks->deliver(at.url("localhost"), "id", "{}");
  CHECK(refused.what == outcome::refused);
  CHECK(refused.detail.find("may not be called") != std::string::npos);
  CHECK(open.hooks->deliver(at.url("localhost"), "id", "{}").what == outcome::sent);
  CHECK(at.received()["headers"]["webhook-id"] == "id");
  // What was allowed once is asked again with each new connection.
  CHECK(strict.hooks->deliver(at.url("127.0.0.1"), "id", "{}").what == outcome::refused);
}

TEST_CASE("the answer decides between sent, refused and try again") {
  struct example {
    const char* status;
    outcome what;
  };
  for (const example& e :
       {example{"200", outcome::sent}, example{"202", outcome::sent}, example{"204", outcome::sent},
        example{"299", outcome::sent}, example{"301", outcome::try_again}, example{"302", outcome::try_again},
        example{"400", outcome::try_again}, example{"404", outcome::try_again},
        example{"410", outcome::refused}, example{"429", outcome::try_again},
        example{"500", outcome::try_again}, example{"503", outcome::try_again}}) {
    CAPTURE(e.status);
    const receiver at({"--status", e.status, "--header", "Location: http://127.0.0.1:1/"});
    sender s(rules({"127.0.0.1"}));
    const auto got = s.hooks->deliver(at.url(), "id", "{}");
    CHECK(got.what == e.what);
    CHECK(got.detail.find(e.status) != std::string::npos);
  }
}

TEST_CASE("Retry-After is heard, in seconds and as a date") {
  const receiver at({"--status", "503", "--header", "Retry-After: 120"});
  sender s(rules({"127.0.0.1"}));
  CHECK(s.hooks->deliver(at.url(), "id", "{}").not_before == milliseconds{120'000});
  const receiver endless({"--status", "503", "--header", "Retry-After: 9223372036854775807"});
  CHECK(s.hooks->deliver(endless.url(), "id", "{}").not_before == std::chrono::hours{7 * 24});
  const receiver past({"--status", "429", "--header", "Retry-After: Wed, 04 Mar 2015 05:06:07 GMT"});
  CHECK(s.hooks->deliver(past.url(), "id", "{}").not_before == milliseconds{0});
}

TEST_CASE("of a long answer little is read, and it counts all the same") {
  const receiver at({"--status", "200", "--body", "50000000"});
  sender s(rules({"127.0.0.1"}));
  CHECK(s.hooks->deliver(at.url(), "id", "{}").what == outcome::sent);
}

TEST_CASE("an endpoint that is not there is tried again") {
  std::string url;
  {
    const receiver gone;
    url = gone.url();
  }
  sender s(rules({"127.0.0.1"}));
  CHECK(s.hooks->deliver(url, "id", "{}").what == outcome::try_again);
  CHECK(s.hooks->deliver("http://does-not-exist.invalid/", "id", "{}").what == outcome::try_again);
}

TEST_CASE("a body says what happened, and has the record as it is") {
  request_record r;
  r.id = {*ulid::parse("01KJVSKPPSDY8XQ8XM2Z6T4H03")};
  r.run = 2;
  r.status = request_status::failed;
  r.timeline.push_back({*parse_rfc3339("2026-03-04T05:06:07.089Z"), request_status::failed, "", "", 0});
  CHECK(webhook_id(r) == "01KJVSKPPSDY8XQ8XM2Z6T4H03.2");
  CHECK(webhook_body(r, R"({"b":1.10})") ==
        R"({"type":"request.failed","timestamp":"2026-03-04T05:06:07.089Z","data":{"b":1.10}})");
}
