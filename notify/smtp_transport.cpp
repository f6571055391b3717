#include <fstream>
#include <sstream>

#include "net/smtp_client.hpp"
#include "notify/address.hpp"
#include "notify/mail.hpp"

namespace dip {
namespace {

// A secret's file often ends in a line break that its editor put there.
result<std::string> read_secret(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()))
    return fail(errc::bad_request, "smtp.password_file cannot be read, or is empty: " + path);
  std::string secret = std::move(text).str();
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  return secret;
}

delivery judge(const net::smtp_reply& reply) {
  using step = net::smtp_reply::step;
  if (reply.accepted) return {delivery::outcome::sent, reply.line};
  const bool of_message =
      reply.at == step::sender || reply.at == step::recipient || reply.at == step::message;
  if (reply.code >= 500 && of_message)
    return {delivery::outcome::refused, reply.line, reply.at == step::recipient};
  return {delivery::outcome::try_again, reply.line};
}

class smtp_transport final : public mail_transport {
public:
  explicit smtp_transport(net::smtp_settings settings) : settings_(std::move(settings)) {}

  delivery deliver(const std::string& from, const std::string& to, const std::string& bytes) override {
    const std::string recipient = read_mailbox(to).address;
    if (recipient.empty()) return {delivery::outcome::refused, "not an e-mail address", true};
    const auto reply = net::send_mail(settings_, read_mailbox(from).address, recipient, bytes);
    if (!reply) return {delivery::outcome::try_again, reply.error().detail};
    return judge(*reply);
  }

private:
  const net::smtp_settings settings_;
};

bool names_a_server(std::string_view url) {
  for (const std::string_view scheme : {"smtp://", "smtps://"})
    if (url.substr(0, scheme.size()) == scheme)
      return url.size() > scheme.size() && url.find_first_of(" \t\r\n") == std::string_view::npos;
  return false;
}

}  // namespace

result<std::unique_ptr<mail_transport>> make_smtp_transport(const smtp_config& smtp) {
  if (!names_a_server(smtp.url))
    return fail(errc::bad_request, "smtp.url must be smtp://host:port or smtps://host:port");
  net::smtp_settings settings;
  settings.url = smtp.url;
  settings.starttls = smtp.tls == smtp_config::tls_mode::starttls;
  settings.ca_file = smtp.ca_file;
  settings.timeout = smtp.timeout;
  // tls = "implicit" says of a smtp:// URL what smtps:// says of itself.
  if (smtp.tls == smtp_config::tls_mode::implicit && smtp.url.substr(0, 7) == "smtp://")
    settings.url = "smtps://" + smtp.url.substr(7);
  settings.user = smtp.user;
  if (!smtp.password_file.empty()) {
    auto secret = read_secret(smtp.password_file);
    if (!secret) return tl::make_unexpected(secret.error());
    settings.password = std::move(*secret);
  }
  return std::make_unique<smtp_transport>(std::move(settings));
}

}  // namespace dip
