// Notifications in virtual time: the real stage, queue and tables, with servers that say what the test wants.
#include "actors/notify_stage.hpp"

#include <map>

#include <catch2/catch_test_macros.hpp>

#include "notify/destinations.hpp"
#include "storage/hashed_partition.hpp"
#include "tests/unit/actors/still_node.hpp"

using namespace dip;
using namespace dip::test;
using namespace std::chrono_literals;

namespace {

using outcome = delivery::outcome;

struct scripted_mail final : mail_transport {
  delivery answer;
  std::vector<std::string> tried;
  delivery deliver(const std::string&, const std::string& to, const std::string&) override {
    tried.push_back(to);
    return answer;
  }
};

struct scripted_webhooks final : webhook_transport {
  struct call {
    std::string url, id, body;
    steady_time at;
  };
  explicit scripted_webhooks(const environment& e) : env(e) {}
  const environment& env;
  std::map<std::string, delivery> answers;  // by URL
  std::vector<call> calls;
  delivery deliver(const std::string& url, const std::string& id, const std::string& body) override {
    calls.push_back({url, id, body, env.time->steady()});
    return answers[url];
  }
};

config few_notifiers() {
  auto c = default_config();
  c.smtp.per_domain = 1;
  return c;
}

struct rig {
  explicit rig(std::uint16_t partitions = 1) : node(partitions, few_notifiers()) {
    node.env.to = &to;
    for (std::uint16_t p = 0; p < partitions; ++p) node.start_partition({p});
    node.start_dispatcher(1);
    node.start_worker(queue_name::notifier, *stage, "notifier/1");
    node.start_worker(queue_name::notifier, *stage, "notifier/2");
  }

  request_record finished(const std::string& email, const std::string& webhook = {}, partition_id p = {}) {
    auto r = node.accept(p, email, webhook);
    node.finish(r);
    return r;
  }
  // Runs what waits for a thread, and what follows from it, until nothing does.
  void work() {
    for (node.settle(); !node.threads.jobs.empty(); node.settle()) node.threads.finish_one();
  }
  void pass(milliseconds time, milliseconds step = 1s) {
    for (milliseconds gone{0}; gone < time; gone += step) {
      node.pass(step);
      work();
    }
  }

  still_node node;
  destinations to;
  scripted_mail mail;
  scripted_webhooks hooks{node.env};
  std::unique_ptr<mail_templates> templates = std::move(*mail_templates::read("", "en"));
  std::unique_ptr<dip::stage> stage =
      make_notify_stage(&node.env, {&mail, templates.get(), &hooks, "https://img.example.org",
                                    [](const request_record& r) { return "\"" + r.id.text() + "\""; }});
};

}  // namespace

TEST_CASE("notify: mail and webhook are two messages, each with its own fate") {
  rig r;
  r.mail.answer = {outcome::sent, "250 taken"};
  r.hooks.answers["https://a/hook"] = {outcome::refused, "the endpoint answered 410: it is gone"};
  const auto q = r.finished("owner@example.org", "https://a/hook");
  r.work();
  const auto now = r.node.record(q);
  CHECK(now.email_state == notification_state::sent);
  CHECK(now.notification_detail == "250 taken");
  CHECK(now.webhook_state == notification_state::failed);
  CHECK(now.webhook_detail == "the endpoint answered 410: it is gone");
  REQUIRE(r.hooks.calls.size() == 1);
  CHECK(r.hooks.calls[0].id == q.id.text() + ".1");
  CHECK(r.hooks.calls[0].body.find("\"type\":\"request.processed\"") != std::string::npos);
  CHECK(r.hooks.calls[0].body.ends_with(",\"data\":\"" + q.id.text() + "\"}"));
}

TEST_CASE("notify: an address that failed for good gets no mail of another request until it is cleared") {
  rig r{4};
  r.mail.answer = {outcome::refused, "550 5.1.1 no such user", true};
  const auto first = r.finished("Nobody@Example.org");
  r.work();
  CHECK(r.node.record(first).email_state == notification_state::failed);
  CHECK(r.node.record(first).notification_detail == "550 5.1.1 no such user");
  const auto p = hashed_partition("nobody@example.org", 4);
  REQUIRE(r.node.env.store->view(p)->suppression("nobody@example.org"));

  r.mail.answer = {outcome::sent, "250 taken"};
  const auto second = r.finished("nobody@example.ORG", {}, {2});
  r.work();
  CHECK(r.mail.tried.size() == 1);
  CHECK(r.node.record(second).email_state == notification_state::failed);
  CHECK(r.node.record(second).notification_detail.find("550 5.1.1 no such user") != std::string::npos);
  CHECK(r.node.record(second).status == request_status::processed);

  REQUIRE(
      r.node.answer_of<answer>(*r.node.where.partition(p), propose{clear_suppression{"nobody@example.org"}})
          .ok);
  REQUIRE(r.node.publish_to(topic_name::notifier, resend_notification{second.id}, {2}).ok);
  r.work();
  CHECK(r.mail.tried.size() == 2);
  CHECK(r.node.record(second).email_state == notification_state::sent);
}

TEST_CASE("notify: a refusal of the message is final and says nothing about the address") {
  rig r;
  r.mail.answer = {outcome::refused, "554 5.7.1 spam", false};
  r.finished("owner@example.org");
  r.work();
  r.finished("owner@example.org");
  r.work();
  CHECK(r.mail.tried.size() == 2);
}

TEST_CASE("notify: when the suppression cannot be logged, the mail is not settled, and tried again") {
  rig r{2};
  r.mail.answer = {outcome::refused, "550 5.1.1 no such user", true};
  const auto address = hashed_partition("a@example.org", 2).value == 1 ? "a@example.org" : "c@example.org";
  REQUIRE(hashed_partition(address, 2).value == 1);
  const auto q = r.finished(address, {}, {0});
  r.node.settle();
  const auto gone = *r.node.where.partition({1});
  still_node::crash(gone);
  r.node.settle();
  r.work();
  CHECK(r.node.record(q).email_state == notification_state::pending);
  r.node.start_partition({1});
  r.pass(2 * r.node.conf.workers.visibility);
  CHECK(r.node.record(q).email_state == notification_state::failed);
  CHECK(r.node.env.store->view({1})->suppression(address));
}

TEST_CASE("notify: a webhook climbs the mail's ladder, and keeps its id") {
  rig r;
  r.hooks.answers["https://a/hook"] = {outcome::try_again, "the endpoint answered 500"};
  const auto q = r.finished({}, "https://a/hook");
  r.work();
  r.pass(10s + 10s + 20s + 1s);
  REQUIRE(r.hooks.calls.size() == 4);
  const auto gap = [&](size_t i) { return r.hooks.calls[i].at - r.hooks.calls[i - 1].at; };
  CHECK(gap(1) == 10s);
  CHECK(gap(2) == 10s);
  CHECK(gap(3) == 20s);
  for (const auto& c : r.hooks.calls) CHECK(c.id == q.id.text() + ".1");
  r.hooks.answers["https://a/hook"] = {outcome::sent, "the endpoint answered 204"};
  r.pass(40s);
  CHECK(r.node.record(q).webhook_state == notification_state::sent);
}

TEST_CASE("notify: Retry-After puts the next try off") {
  rig r;
  r.hooks.answers["https://a/hook"] = {outcome::try_again, "the endpoint answered 503", false, 90s};
  r.finished({}, "https://a/hook");
  r.work();
  r.pass(89s);
  CHECK(r.hooks.calls.size() == 1);
  r.pass(2s);
  CHECK(r.hooks.calls.size() == 2);
}

TEST_CASE("notify: an endpoint that is down is left alone, others get theirs, and nothing is lost") {
  rig r;
  r.hooks.answers["https://down/hook"] = {outcome::try_again, "the endpoint answered 500"};
  r.hooks.answers["https://up/hook"] = {outcome::sent, "the endpoint answered 204"};
  std::vector<request_record> down, up;
  for (int i = 0; i < 20; ++i) down.push_back(r.finished({}, "https://down/hook"));
  r.work();
  const auto calls_down = [&] {
    return std::count_if(r.hooks.calls.begin(), r.hooks.calls.end(),
                         [](const auto& c) { return c.url == "https://down/hook"; });
  };
  // Two were on their way at once when the fifth had failed, at most.
  CHECK(calls_down() >= destinations::failures_to_open);
  CHECK(calls_down() <= destinations::failures_to_open + 1);
  for (int i = 0; i < 5; ++i) up.push_back(r.finished({}, "https://up/hook"));
  r.work();
  for (const auto& q : up) CHECK(r.node.record(q).webhook_state == notification_state::sent);
  // Half an hour of twenty messages: one try for each pause.
  r.pass(30min, 5s);
  CHECK(calls_down() < 20);
  for (const auto& q : down) CHECK(r.node.record(q).webhook_state == notification_state::pending);
  r.hooks.answers["https://down/hook"] = {outcome::sent, "the endpoint answered 204"};
  r.pass(25min, 5s);
  for (const auto& q : down) CHECK(r.node.record(q).webhook_state == notification_state::sent);
}

TEST_CASE("notify: one domain has no more mails on their way than it may, others go on") {
  rig r;
  r.mail.answer = {outcome::sent, "250 taken"};
  const auto a = r.finished("a@slow.example"), b = r.finished("b@slow.example"),
             c = r.finished("c@fast.example");
  r.node.settle();
  REQUIRE(r.to.enter(destination_of(a, message_kind::email, r.node.conf), r.node.env.time->steady()) == 0ms);
  r.work();
  CHECK(r.node.record(a).email_state == notification_state::pending);
  CHECK(r.node.record(b).email_state == notification_state::pending);
  CHECK(r.node.record(c).email_state == notification_state::sent);
  r.to.leave(destination_of(a, message_kind::email, r.node.conf), false, {}, r.node.env.time->steady());
  r.pass(3s);
  CHECK(r.node.record(a).email_state == notification_state::sent);
  CHECK(r.node.record(b).email_state == notification_state::sent);
  CHECK(r.node.messages(queue_name::notifier).empty());
}
