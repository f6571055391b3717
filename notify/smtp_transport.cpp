#include <algorithm>
#include <fstream>
#include <sstream>

#include "net/smtp_client.hpp"
#include "net/spares.hpp"
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

// RFC 3463: after the code "5.1.1" and its like speak of the address, "5.7.1" and its like of rules: a relay
// that will not take our mail says nothing about who it is for. Without one, RFC 5321's codes have to do.
bool of_address(const net::smtp_reply& reply) {
  if (reply.at != net::smtp_reply::step::recipient) return false;
  const auto words = std::string_view(reply.line).substr(std::min<size_t>(4, reply.line.size()));
  if (words.size() > 3 && words[0] == '5' && words[1] == '.' && words[3] == '.')
    return words[2] == '1' || words.substr(0, 5) == "5.2.1";
  return reply.code == 550 || reply.code == 551 || reply.code == 553;
}

delivery judge(const net::smtp_reply& reply) {
  using step = net::smtp_reply::step;
  if (reply.accepted) return {delivery::outcome::sent, reply.line};
  const bool of_message =
      reply.at == step::sender || reply.at == step::recipient || reply.at == step::message;
  if (reply.code >= 500 && of_message) return {delivery::outcome::refused, reply.line, of_address(reply)};
  return {delivery::outcome::try_again, reply.line};
}

class smtp_transport final : public mail_transport {
public:
  explicit smtp_transport(net::smtp_settings settings) : settings_(std::move(settings)) {}

  delivery deliver(const std::string& from, const std::string& to, const std::string& bytes) override {
    const std::string recipient = read_mailbox(to).address;
    if (recipient.empty()) return {delivery::outcome::refused, "not an e-mail address", true};
    auto client = clients_.take([&] { return std::make_unique<net::smtp_client>(settings_); });
    const auto reply = client->send(read_mailbox(from).address, recipient, bytes);
    clients_.give_back(std::move(client));
    if (!reply) return {delivery::outcome::try_again, reply.error().detail};
    return judge(*reply);
  }

private:
  const net::smtp_settings settings_;
  net::spares<net::smtp_client> clients_;
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
