#include <algorithm>
#include <utility>

#include "net/http_client.hpp"
#include "net/spares.hpp"
#include "notify/webhook.hpp"

namespace dip {
namespace {

constexpr milliseconds connect_time{5'000};
// Nobody reads it; but a connection is kept only when its answer was read to the end.
constexpr std::uint64_t most_body = 4 * 1024;

delivery judge(const net::http_response& answer) {
  const auto said = "the endpoint answered " + std::to_string(answer.status);
  if (answer.status >= 200 && answer.status < 300) return {delivery::outcome::sent, said};
  if (answer.status == 410) return {delivery::outcome::refused, said + ": it is gone", true};
  if (answer.status >= 300 && answer.status < 400)
    return {delivery::outcome::try_again, said + ", a redirect, which is not followed"};
  return {delivery::outcome::try_again, said, false, answer.retry_after};
}

class http_webhooks final : public webhook_transport {
public:
  http_webhooks(const webhooks_config& rules, const webhook_secrets& secrets, const clock& time)
      : timeout_(rules.timeout), secrets_(secrets), time_(time) {
    settings_.ca_file = rules.ca_file;
    settings_.may_connect = [allow = rules.allow](const ip_address& a) {
      return why_not_public(a).empty() ||
             std::any_of(allow.begin(), allow.end(), [&](const ip_network& n) { return n.contains(a); });
    };
  }

  delivery deliver(const std::string& url, const std::string& id, const std::string& body) override {
    const auto seconds = std::to_string(
        std::chrono::duration_cast<std::chrono::seconds>(time_.wall().time_since_epoch()).count());
    net::http_request call;
    call.method = "POST";
    call.url = url;
    call.headers = {{"content-type", "application/json"},
                    {"webhook-id", id},
                    {"webhook-timestamp", seconds},
                    {"webhook-signature", secrets_.sign(id, seconds, body)}};
    call.body = body;
    call.connect_timeout = std::min(connect_time, timeout_);
    call.timeout = timeout_;
    call.max_body = most_body;
    call.cut_body = true;
    auto client = clients_.take([&] { return std::make_unique<net::http_client>(settings_); });
    const auto answer = client->perform(call);
    clients_.give_back(std::move(client));
    if (answer) return judge(*answer);
    const bool forbidden = answer.error().what == net::http_error::kind::forbidden;
    return {forbidden ? delivery::outcome::refused : delivery::outcome::try_again, answer.error().detail};
  }

private:
  net::http_settings settings_;
  const milliseconds timeout_;
  const webhook_secrets& secrets_;
  const clock& time_;
  net::spares<net::http_client> clients_;
};

}  // namespace

std::unique_ptr<webhook_transport> make_webhook_transport(const webhooks_config& rules,
                                                          const webhook_secrets& secrets, const clock& time) {
  return std::make_unique<http_webhooks>(rules, secrets, time);
}

}  // namespace dip
