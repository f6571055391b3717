// Hands messages to a mail server (RFC 5321) and says what the server said.
#pragma once

#include <memory>
#include <string>

#include "core/clock.hpp"
#include "core/errc.hpp"

namespace dip::net {

struct smtp_settings {
  std::string url;       // "smtp://host:587", "smtps://host:465"; a path is the name that EHLO says
  bool starttls = true;  // of smtp://: demanded, and no message goes out without it
  std::string user;      // empty: no AUTH
  std::string password;
  std::string ca_file;           // PEM; empty: the system's
  milliseconds timeout{30'000};  // of the whole conversation
};

struct smtp_reply {
  // `none`: no reply decided it (cannot connect, TLS failed, connection lost, time up).
  enum class step : unsigned char { none, greeting, login, sender, recipient, message };

  int code = 0;  // of the last reply: 250, 451, 550; 0 when the server said nothing
  step at = step::none;
  bool accepted = false;  // the server took the message over
  std::string line;       // the last line of that reply, or why there is none; printable, without line break
};

// Talks to one server, and keeps the connection for the next message. One thread at a time.
class smtp_client {
public:
  explicit smtp_client(smtp_settings settings);
  // Says QUIT and does not wait for the answer.
  ~smtp_client();
  smtp_client(const smtp_client&) = delete;
  smtp_client& operator=(const smtp_client&) = delete;

  // Blocks for at most the timeout, twice that when a kept connection turns out to be closed. `message` are
  // RFC 5322 bytes with CRLF lines; `from` and `to` bare addresses. Errors: `bad_request` when an address or
  // the URL cannot be used.
  [[nodiscard]] result<smtp_reply> send(const std::string& from, const std::string& to,
                                        const std::string& message);

private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace dip::net
