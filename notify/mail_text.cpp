#include "notify/mail_text.hpp"

#include <algorithm>

#include "core/text.hpp"

namespace dip {
namespace {

std::string file_of(const result_mail& mail, size_t columns) {
  const std::string name = printable(mail.file_name);
  return name.find_first_not_of(' ') == std::string::npos ? "Your image" : shorten(name, columns);
}

std::string upper(std::string_view word) {
  std::string out = printable(word);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

std::string facts_of(const result_mail::output& output) {
  return std::to_string(output.width) + " × " + std::to_string(output.height) + " · " + upper(output.format) +
         " · " + human_size(output.size);
}

// "2026-03-04 05:06 UTC"
std::string when(wall_time t) {
  std::string text = to_rfc3339(t);
  text[10] = ' ';
  return text.substr(0, 16) + " UTC";
}

std::string failure_of(const result_mail& mail) {
  return mail.failure.empty() ? "Something went wrong while it was worked on." : printable(mail.failure);
}

// Links are made by us; whatever else comes here is shown, but cannot be followed.
bool is_link(std::string_view url) { return url.substr(0, 7) == "http://" || url.substr(0, 8) == "https://"; }

std::string link(std::string_view url, std::string_view shown, std::string_view style) {
  const std::string words = escape_html(shown);
  if (!is_link(url)) return words;
  return "<a href=\"" + escape_html(url) + "\" class=\"a\" style=\"color:#0b62c4;" + std::string(style) +
         "\">" + words + "</a>";
}

// Wraps words to 72 columns, as mail is read in terminals.
std::string wrapped(std::string_view text) {
  std::string out, line;
  const auto end_line = [&] {
    out += line + "\n";
    line.clear();
  };
  while (!text.empty()) {
    const auto space = text.find(' ');
    const auto word = text.substr(0, space);
    if (!line.empty() && display_width(line) + 1 + display_width(word) > 72) end_line();
    if (!word.empty()) line += (line.empty() ? "" : " ") + std::string(word);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  }
  if (!line.empty()) end_line();
  return out;
}

constexpr std::string_view html_head = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background: #14171a !important; }
  .card { background: #1e2327 !important; border-color: #343b41 !important; }
  .t { color: #eceff1 !important; }
  .s { color: #a3adb5 !important; }
  .a { color: #7db8ff !important; }
  .line { border-color: #343b41 !important; }
}
</style>
</head>
)";

constexpr std::string_view sans = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;";

std::string html_row(const result_mail::output& output) {
  return "<tr><td class=\"line\" style=\"padding:12px 0;border-top:1px solid #e3e6e8;\">\n" +
         link(output.url, printable(output.name), "font-size:15px;font-weight:600;text-decoration:none;") +
         "\n<div class=\"s\" style=\"color:#5f6b73;font-size:13px;padding-top:2px;\">" +
         escape_html(facts_of(output)) + "</div>\n</td></tr>\n";
}

std::string html_preview(std::string_view preview_id) {
  if (preview_id.empty()) return {};
  return "<tr><td style=\"padding-bottom:16px;\"><img src=\"cid:" + escape_html(preview_id) +
         "\" alt=\"Preview\" "
         "style=\"display:block;max-width:240px;max-height:240px;border:0;border-radius:6px;\">"
         "</td></tr>\n";
}

std::string html_result(const result_mail& mail) {
  if (mail.succeeded) {
    std::string rows;
    for (const auto& output : mail.outputs) rows += html_row(output);
    return rows;
  }
  return "<tr><td class=\"t\" style=\"padding:0 0 12px;font-size:15px;line-height:1.5;color:#1d2327;\">" +
         escape_html(failure_of(mail)) + "</td></tr>\n";
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string mail_subject(const result_mail& mail) {
  return file_of(mail, 80) + (mail.succeeded ? " is ready" : " could not be processed");
}

std::string mail_plain(const result_mail& mail) {
  std::string out = file_of(mail, 200) + (mail.succeeded ? " is ready.\n" : " could not be processed.\n");
  if (mail.succeeded) {
    size_t widest = 0;
    for (const auto& output : mail.outputs) widest = std::max(widest, display_width(printable(output.name)));
    for (const auto& output : mail.outputs) {
      const std::string name = printable(output.name);
      out += "\n" + name + std::string(widest - display_width(name), ' ') + "   " + facts_of(output) + "\n" +
             printable(output.url) + "\n";
    }
  } else {
    out += "\n" + wrapped(failure_of(mail));
  }
  out += "\n-- \nRequest  " + printable(mail.request) + "\nFinished " + when(mail.finished_at) + "\n";
  if (!mail.status_url.empty()) out += "Details  " + printable(mail.status_url) + "\n";
  return out;
}

std::string mail_html(const result_mail& mail, std::string_view preview_id) {
  std::string out(html_head);
  out +=
      "<body class=\"page\" style=\"margin:0;padding:0;background:#f3f4f5;\">\n"
      "<table role=\"presentation\" class=\"page\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" "
      "border=\"0\" "
      "style=\"background:#f3f4f5;\"><tr><td align=\"center\" style=\"padding:24px 12px;\">\n"
      "<table role=\"presentation\" class=\"card\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" "
      "border=\"0\" "
      "style=\"max-width:520px;background:#ffffff;border:1px solid #e3e6e8;border-radius:8px;" +
      std::string(sans) + "\"><tr><td style=\"padding:24px;\">\n" +
      "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\">\n";
  out +=
      "<tr><td class=\"t\" "
      "style=\"padding-bottom:16px;font-size:18px;line-height:1.4;font-weight:600;color:#1d2327;"
      "word-break:break-word;\">" +
      escape_html(file_of(mail, 200)) + (mail.succeeded ? " is ready" : " could not be processed") +
      "</td></tr>\n";
  out += html_preview(preview_id) + html_result(mail);
  out +=
      "<tr><td class=\"s line\" style=\"padding-top:12px;border-top:1px solid "
      "#e3e6e8;font-size:12px;line-height:1.6;"
      "color:#5f6b73;\">Request " +
      escape_html(printable(mail.request)) + " · " + when(mail.finished_at);
  if (is_link(mail.status_url)) out += " · " + link(mail.status_url, "Details", "");
  out += "</td></tr>\n</table>\n</td></tr></table>\n</td></tr></table>\n</body>\n</html>\n";
  return out;
}

std::string explain_failure(const request_failure& failure) {
  switch (failure.code) {
    case errc::invalid_image:
      return "The file looks like an image, but it cannot be read: it is damaged or incomplete. Save it "
             "again with "
             "another program and send it once more.";
    case errc::unsupported_media: return "The file is not an image of a kind that can be read here.";
    case errc::too_many_pixels:
      return "The image is larger than what is allowed here. Make it smaller, or send fewer frames, and try "
             "again.";
    case errc::too_large: return "The file is larger than what is allowed here.";
    case errc::invalid_operation:
      return "What was asked for cannot be done with this image" +
             (failure.detail.empty() ? std::string(".") : ": " + printable(failure.detail) + ".");
    case errc::timeout:
      return "Working on the image took longer than it may. A smaller image, or fewer operations, will pass.";
    case errc::worker_crashed:
      return "The program that works on images stopped at this one, each time it was tried. The image may be "
             "damaged.";
    case errc::not_found: return "The image, or a file that was to be laid over it, is no longer there.";
    case errc::disk_full:
      return "There was no room left to store the result. Try again later; the operator can see why.";
    default:
      return "Something went wrong on our side, and trying again did not help. The operator can find out "
             "more by the "
             "number of the request.";
  }
}

}  // namespace dip
