// What a template is given of a mail. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include <kainjow/mustache.hpp>

#include "notify/mail.hpp"

namespace dip {

// Where the values go: a subject is short, text has lines of 72 columns.
enum class mail_form : std::uint8_t { subject, text, html };

// Nothing in it has a line break, but for the failure's in text; nothing is escaped yet. What is empty is
// missing. Links that are none of http and https are left out of HTML.
[[nodiscard]] kainjow::mustache::data mail_values(const result_mail& mail, mail_form form,
                                                  std::string_view failure, std::string_view preview_id);
// One section for the failure's code, or `other`, and `detail`.
[[nodiscard]] kainjow::mustache::data failure_values(const request_failure& failure);

}  // namespace dip
