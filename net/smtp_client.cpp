#include "net/smtp_client.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include <sys/socket.h>

#include "net/curl_easy.hpp"

namespace dip::net {
namespace {

using step = smtp_reply::step;

// Seconds; servers hang up after some minutes.
constexpr long longest_idle = 60;

// What one conversation leaves behind, filled by libcurl's callbacks.
struct conversation {
  std::string_view unsent;
  step at = step::greeting;
  bool quitting = false;
  int code = 0;
  std::string line = {};
};

step step_of(std::string_view command) {
  const auto starts = [&](std::string_view verb) { return command.substr(0, verb.size()) == verb; };
  if (starts("EHLO") || starts("HELO") || starts("STARTTLS")) return step::greeting;
  if (starts("MAIL")) return step::sender;
  if (starts("RCPT")) return step::recipient;
  if (starts("DATA")) return step::message;
  return step::login;  // AUTH, and the bare lines that follow it
}

std::string printable_line(std::string_view text) {
  std::string out(text.substr(0, 500));
  while (!out.empty() && (out.back() == '\r' || out.back() == '\n')) out.pop_back();
  for (char& c : out)
    if (c < ' ' || c > '~') c = '?';
  return out;
}

size_t give_message(char* out, size_t size, size_t count, void* context) {
  auto& talk = *static_cast<conversation*>(context);
  const size_t n = std::min(size * count, talk.unsent.size());
  std::memcpy(out, talk.unsent.data(), n);
  talk.unsent.remove_prefix(n);
  return n;
}

size_t hear_reply(char* text, size_t size, size_t count, void* context) {
  auto& talk = *static_cast<conversation*>(context);
  const std::string_view line(text, size * count);
  const auto digit = [&](size_t i) { return line[i] >= '0' && line[i] <= '9'; };
  if (!talk.quitting && line.size() >= 3 && digit(0) && digit(1) && digit(2)) {
    talk.code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    talk.line = printable_line(line);
  }
  return size * count;
}

// libcurl does not say which command a reply belongs to; its trace does. Nothing of the trace is kept: it has
// secrets.
int hear_command(CURL*, curl_infotype kind, char* text, size_t size, void* context) {
  auto& talk = *static_cast<conversation*>(context);
  if (kind != CURLINFO_HEADER_OUT) return 0;
  const std::string_view command(text, size);
  if (command.substr(0, 4) == "QUIT")
    talk.quitting = true;
  else
    talk.at = step_of(command);
  return 0;
}

bool breaks_a_line(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

bool is_mail_url(std::string_view url) {
  return url.substr(0, 7) == "smtp://" || url.substr(0, 8) == "smtps://";
}

void prepare(curl_easy& easy, const smtp_settings& settings, conversation& talk) {
  easy.set(CURLOPT_URL, settings.url.c_str());
  easy.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  easy.set(CURLOPT_PROXY, "");
  easy.set(CURLOPT_USE_SSL, static_cast<long>(settings.starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  if (!settings.ca_file.empty()) easy.trust_only(settings.ca_file);
  if (!settings.user.empty()) {
    easy.set(CURLOPT_USERNAME, settings.user.c_str());
    easy.set(CURLOPT_PASSWORD, settings.password.c_str());
  }
  const long ms = static_cast<long>(std::max<milliseconds::rep>(settings.timeout.count(), 1));
  easy.set(CURLOPT_TIMEOUT_MS, ms);
  easy.set(CURLOPT_CONNECTTIMEOUT_MS, ms);
  easy.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, (ms + 999) / 1000);
  easy.set(CURLOPT_MAXAGE_CONN, longest_idle);
  easy.set(CURLOPT_HEADERFUNCTION, &hear_reply);
  easy.set(CURLOPT_HEADERDATA, &talk);
  easy.set(CURLOPT_VERBOSE, 1L);
  easy.set(CURLOPT_DEBUGFUNCTION, &hear_command);
  easy.set(CURLOPT_DEBUGDATA, &talk);
}

}  // namespace

struct smtp_client::state {
  smtp_settings settings;
  curl_easy easy;

  struct outcome {
    smtp_reply reply;
    CURLcode code = CURLE_OK;
    bool kept = false;     // went over a connection that was there already
    bool offered = false;  // DATA was said: the message may have been taken
  };
  outcome talk(const std::string& from, const std::string& to, const std::string& message, bool anew);
};

smtp_client::state::outcome smtp_client::state::talk(const std::string& from, const std::string& to,
                                                     const std::string& message, bool anew) {
  conversation said{.unsent = message};
  easy.reset();
  prepare(easy, settings, said);
  easy.set(CURLOPT_FRESH_CONNECT, anew ? 1L : 0L);
  const std::string sender = "<" + from + ">";
  easy.set(CURLOPT_MAIL_FROM, sender.c_str());
  easy.set_list(CURLOPT_MAIL_RCPT, "<" + to + ">");
  easy.set(CURLOPT_UPLOAD, 1L);
  easy.set(CURLOPT_READFUNCTION, &give_message);
  easy.set(CURLOPT_READDATA, &said);
  outcome out;
  out.code = easy.perform();
  out.kept = easy.new_connections() == 0;
  out.offered = said.at == step::message;
  out.reply = {.code = said.code, .at = said.at, .accepted = out.code == CURLE_OK, .line = said.line};
  if (!out.reply.accepted && said.code < 400)
    out.reply = {
        .code = 0, .at = step::none, .accepted = false, .line = printable_line(easy.what_failed(out.code))};
  // What it pointed to is gone.
  easy.reset();
  return out;
}

smtp_client::smtp_client(smtp_settings settings) : state_(std::make_unique<state>()) {
  state_->settings = std::move(settings);
}

smtp_client::~smtp_client() {
  // libcurl waits two minutes for the answer to QUIT: to it the server has hung up already.
  if (const int socket = state_->easy.last_socket(); socket >= 0) ::shutdown(socket, SHUT_RD);
}

result<smtp_reply> smtp_client::send(const std::string& from, const std::string& to,
                                     const std::string& message) {
  if (!is_mail_url(state_->settings.url))
    return fail(errc::bad_request, "the mail server's URL starts with smtp:// or smtps://");
  if (from.empty() || breaks_a_line(from)) return fail(errc::bad_request, "the sender is not an address");
  if (to.empty() || breaks_a_line(to)) return fail(errc::bad_request, "the recipient is not an address");

  auto out = state_->talk(from, to, message, false);
  // A server may close a connection that is idle, or has carried enough messages, at any time.
  const bool hung_up = out.reply.at == step::none ? !out.offered : out.reply.code == 421;
  if (!out.reply.accepted && out.kept && hung_up) out = state_->talk(from, to, message, true);
  if (out.code == CURLE_URL_MALFORMAT)
    return fail(errc::bad_request, "the mail server's URL: " + out.reply.line);
  return out.reply;
}

}  // namespace dip::net
