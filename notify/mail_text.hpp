// The words of a result mail: its subject, its text for terminals, its HTML. Pure.
#pragma once

#include <string>
#include <string_view>

#include "notify/mail.hpp"

namespace dip {

// "holiday.jpg is ready", "holiday.jpg could not be processed"; a long name is shortened in its middle.
[[nodiscard]] std::string mail_subject(const result_mail& mail);
// Plain text, UTF-8, lines ended by \n; links stand alone on their lines.
[[nodiscard]] std::string mail_plain(const result_mail& mail);
// A whole HTML document. `preview_id` is the Content-ID of the preview, or empty.
[[nodiscard]] std::string mail_html(const result_mail& mail, std::string_view preview_id);

[[nodiscard]] std::string escape_html(std::string_view text);

}  // namespace dip
