#include "notify/mail_values.hpp"

#include <string>

#include "core/text.hpp"

namespace dip {
namespace {

using kainjow::mustache::data;

std::string upper(std::string_view word) {
  std::string out = printable(word);
  for (char& c : out)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

// "2026-03-04 05:06 UTC"
std::string when(wall_time t) {
  std::string text = to_rfc3339(t);
  text[10] = ' ';
  return text.substr(0, 16) + " UTC";
}

bool is_link(std::string_view url) { return url.starts_with("http://") || url.starts_with("https://"); }

// Wraps words to 72 columns, as mail is read in terminals.
std::string wrapped(std::string_view text) {
  std::string out, line;
  while (!text.empty()) {
    const auto space = text.find(' ');
    const auto word = text.substr(0, space);
    if (!line.empty() && display_width(line) + 1 + display_width(word) > 72) {
      out += line + "\n";
      line.clear();
    }
    if (!word.empty()) line += (line.empty() ? "" : " ") + std::string(word);
    text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  }
  return out + line;
}

void put(data& into, const char* name, std::string_view value) {
  if (const auto shown = printable(value); shown.find_first_not_of(' ') != std::string::npos)
    into.set(name, shown);
}

void put_link(data& into, const char* name, std::string_view url, mail_form form) {
  if (form != mail_form::html || is_link(url)) put(into, name, url);
}

data output_values(const result_mail::output& output, mail_form form) {
  data out;
  put(out, "name", output.name);
  put_link(out, "url", output.url, form);
  put(out, "format", upper(output.format));
  put(out, "width", std::to_string(output.width));
  put(out, "height", std::to_string(output.height));
  put(out, "size", human_size(output.size));
  put(out, "bytes", std::to_string(output.size));
  return out;
}

std::string_view section_of(errc code) {
  switch (code) {
    case errc::invalid_image:
    case errc::unsupported_media:
    case errc::too_many_pixels:
    case errc::too_large:
    case errc::invalid_operation:
    case errc::timeout:
    case errc::worker_crashed:
    case errc::not_found:
    case errc::disk_full: return to_string(code);
    default: return "other";
  }
}

}  // namespace

data mail_values(const result_mail& mail, mail_form form, std::string_view failure,
                 std::string_view preview_id) {
  data out;
  const auto name = printable(mail.file_name);
  const bool named = name.find_first_not_of(' ') != std::string::npos;
  put(out, "file_name", named ? shorten(name, form == mail_form::subject ? 80 : 200) : "image");
  out.set("succeeded", mail.succeeded);
  put(out, "request", mail.request);
  put(out, "run", std::to_string(mail.run));
  put(out, "address", mail.to);
  put(out, "language", mail.language);
  put_link(out, "status_url", mail.status_url, form);
  put(out, "finished", when(mail.finished_at));
  put(out, "preview", preview_id);
  if (!failure.empty()) out.set("failure", form == mail_form::text ? wrapped(failure) : std::string(failure));
  if (!mail.succeeded || mail.outputs.empty()) return out;
  data outputs{data::type::list};
  for (const auto& o : mail.outputs) outputs << output_values(o, form);
  out.set("outputs", outputs);
  return out;
}

data failure_values(const request_failure& failure) {
  data out;
  out.set(std::string(section_of(failure.code)), true);
  put(out, "detail", failure.detail);
  return out;
}

}  // namespace dip
