#include "notify/mail.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "notify/address.hpp"
#include "notify/mail_templates.hpp"
#include "notify/mime.hpp"

namespace dip {
namespace {

// An id goes into headers as it is: what is no part of one is left out.
std::string bare_id(std::string_view id) {
  std::string out;
  for (const char c : id.substr(0, 64))
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')) out += c;
  return out.empty() ? "unknown" : out;
}

std::string id_of(const result_mail& mail, std::string_view domain) {
  std::string id = bare_id(mail.request);
  if (mail.run > 1) id += "." + std::to_string(mail.run);
  return id + "@" + std::string(domain);
}

mime_ptr<GMimeObject> text_part(const char* subtype, const std::string& text) {
  GMimeTextPart* part = g_mime_text_part_new_with_subtype(subtype);
  g_mime_text_part_set_charset(part, "utf-8");
  g_mime_text_part_set_text(part, text.c_str());
  g_mime_part_set_content_encoding(GMIME_PART(part), GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
  return mime_ptr<GMimeObject>(GMIME_OBJECT(part));
}

mime_ptr<GMimeObject> preview_part(const std::string& jpeg, const std::string& id) {
  GMimePart* part = g_mime_part_new_with_type("image", "jpeg");
  const mime_ptr<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(jpeg.data(), jpeg.size()));
  const mime_ptr<GMimeDataWrapper> content(
      g_mime_data_wrapper_new_with_stream(stream.get(), GMIME_CONTENT_ENCODING_DEFAULT));
  g_mime_part_set_content(part, content.get());
  g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
  g_mime_object_set_disposition(GMIME_OBJECT(part), "inline");
  g_mime_part_set_filename(part, "preview.jpg");
  g_mime_object_set_content_id(GMIME_OBJECT(part), id.c_str());
  return mime_ptr<GMimeObject>(GMIME_OBJECT(part));
}

mime_ptr<GMimeObject> html_with_preview(const std::string& html, const std::string& jpeg,
                                        const std::string& id) {
  if (jpeg.empty()) return text_part("html", html);
  GMimeMultipart* related = g_mime_multipart_new_with_subtype("related");
  mime_ptr<GMimeObject> whole(GMIME_OBJECT(related));
  // RFC 2387, section 3.1: the type of the root part is said.
  g_mime_object_set_content_type_parameter(whole.get(), "type", "text/html");
  g_mime_multipart_add(related, text_part("html", html).get());
  g_mime_multipart_add(related, preview_part(jpeg, id).get());
  return whole;
}

void set_addresses(GMimeMessage* message, const mailbox& from, const std::string& to) {
  g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_FROM,
                             from.name.empty() ? nullptr : from.name.c_str(), from.address.c_str());
  if (check_address(to)) g_mime_message_add_mailbox(message, GMIME_ADDRESS_TYPE_TO, nullptr, to.c_str());
}

void set_date(GMimeMessage* message, wall_time at) {
  GDateTime* date = g_date_time_new_from_unix_utc(at.time_since_epoch().count() / 1000);
  if (!date) return;
  g_mime_message_set_date(message, date);
  g_date_time_unref(date);
}

std::string bytes_of(GMimeMessage* message) {
  GMimeFormatOptions* format = g_mime_format_options_new();
  g_mime_format_options_set_newline_format(format, GMIME_NEWLINE_FORMAT_DOS);
  const glib_text text(g_mime_object_to_string(GMIME_OBJECT(message), format));
  g_mime_format_options_free(format);
  return text.get();
}

}  // namespace

std::string render_mail(const result_mail& mail, const mail_templates& templates) {
  init_gmime();
  mailbox from = read_mailbox(mail.from);
  if (from.address.empty()) from = {"DIP", "dip@localhost"};
  const std::string id = id_of(mail, domain_of(from.address));

  const std::string preview = "preview." + id;
  const auto words = templates.render(mail, mail.preview_jpeg.empty() ? std::string_view{} : preview);

  const mime_ptr<GMimeMessage> message(g_mime_message_new(TRUE));
  set_addresses(message.get(), from, mail.to);
  g_mime_message_set_subject(message.get(), words.subject.c_str(), "utf-8");
  set_date(message.get(), mail.finished_at);
  g_mime_message_set_message_id(message.get(), id.c_str());
  // RFC 3834, section 5: no vacation answer, no loop.
  g_mime_object_set_header(GMIME_OBJECT(message.get()), "Auto-Submitted", "auto-generated", nullptr);

  GMimeMultipart* both = g_mime_multipart_new_with_subtype("alternative");
  const mime_ptr<GMimeObject> body(GMIME_OBJECT(both));
  g_mime_multipart_add(both, text_part("plain", words.text).get());
  g_mime_multipart_add(both, html_with_preview(words.html, mail.preview_jpeg, preview).get());
  g_mime_message_set_mime_part(message.get(), body.get());
  return bytes_of(message.get());
}

}  // namespace dip
