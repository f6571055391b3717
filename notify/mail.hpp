// The e-mail that tells a request's owner what became of it: rendered once, then sent or put into the outbox.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/config.hpp"
#include "core/errc.hpp"
#include "core/request.hpp"
#include "notify/delivery.hpp"

namespace dip {

class mail_templates;

struct result_mail {
  struct output {
    std::string name, url, format;
    std::uint32_t width = 0, height = 0;
    std::uint64_t size = 0;
  };
  std::string to;         // one address
  std::string from;       // as [smtp] from: "DIP <dip@localhost>"
  std::string request;    // its id
  std::uint32_t run = 1;  // of the request: a redrive's result is another message, with another Message-ID
  std::string status_url;
  std::string file_name;  // as the uploader called it
  bool succeeded = false;
  std::vector<output> outputs;
  std::string preview_jpeg;  // bytes of the inline preview; may be empty
  request_failure failure;   // when it failed
  wall_time finished_at{};
  std::string language;  // "de"; empty, or one without templates: the fallback
};

// Whether `address` can stand in a message: one mailbox of RFC 5321, no display name, no line breaks, UTF-8
// local parts refused. The check of notify.email in a request.
[[nodiscard]] result<void> check_address(std::string_view address);

// RFC 5322 bytes with CRLF lines: text and HTML alternatives, the preview as an inline part, Message-ID made
// from the request's id, Auto-Submitted: auto-generated. No field can be broken out of by what a user wrote.
[[nodiscard]] std::string render_mail(const result_mail& mail, const mail_templates& templates);

// Any thread; blocks for at most the configured timeout, twice that when a kept connection is closed.
class mail_transport {
public:
  virtual ~mail_transport() = default;
  // `from` and `to` with or without a display name; the envelope has the bare addresses.
  virtual delivery deliver(const std::string& from, const std::string& to, const std::string& bytes) = 0;
};

// SMTP by libcurl, over connections that are kept. 2xx is sent; 5xx is refused; 4xx, a lost connection, a
// failed TLS handshake: try again. So is a 5xx to the greeting or to AUTH: it says that our set-up is wrong,
// and nothing about the message. Errors: `bad_request` when the URL or the password file cannot be used.
[[nodiscard]] result<std::unique_ptr<mail_transport>> make_smtp_transport(const smtp_config& smtp);
// A file per message, `{time}-{Message-ID}.eml`, complete or not there; the directory is made.
[[nodiscard]] result<std::unique_ptr<mail_transport>> make_outbox_transport(const std::string& directory);

}  // namespace dip
