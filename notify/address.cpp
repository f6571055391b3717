#include "notify/address.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "notify/mail.hpp"
#include "notify/mime.hpp"

namespace dip {
namespace {

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// RFC 5321, section 4.1.2: Dot-string. A Quoted-string is legal there too; no one has such an address, and
// half of the world's mail programs get it wrong, so it is refused.
bool is_dot_string(std::string_view text) {
  static constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~.";
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  if (text.find("..") != std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alnum(c) || others.find(c) != std::string_view::npos; });
}

bool is_label(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || c == '-'; });
}

bool is_domain(std::string_view text) {
  while (true) {
    const auto dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

// [192.0.2.1] or [IPv6:2001:db8::1]: that it is no other text matters here, the mail server checks the
// numbers.
bool is_address_literal(std::string_view text) {
  if (text.size() < 3 || text.front() != '[' || text.back() != ']') return false;
  text = text.substr(1, text.size() - 2);
  return std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || c == '.' || c == ':'; });
}

}  // namespace

result<void> check_address(std::string_view address) {
  const auto wrong = [](std::string why) { return fail(errc::invalid_operation, std::move(why)); };
  const auto at = address.rfind('@');
  if (at == std::string_view::npos) return wrong("an e-mail address has the form name@domain");
  const auto local = address.substr(0, at), domain = address.substr(at + 1);
  // RFC 5321, section 4.5.3.1: 64 bytes of local part, 255 of domain, 254 of both as a path without its
  // brackets.
  if (local.size() > 64 || domain.size() > 255 || address.size() > 254)
    return wrong("the e-mail address is too long");
  if (std::any_of(address.begin(), address.end(),
                  [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
    return wrong("an e-mail address is ASCII here; write an international domain in its xn-- form");
  if (!is_dot_string(local)) return wrong("the part of the e-mail address before the @ is not valid");
  if (!is_domain(domain) && !is_address_literal(domain))
    return wrong("the part of the e-mail address after the @ is not a host name");
  return {};
}

mailbox read_mailbox(std::string_view text) {
  if (check_address(text)) return {{}, std::string(text)};
  mailbox found;
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }))
    return found;
  init_gmime();
  const mime_ptr<InternetAddressList> list(internet_address_list_parse(nullptr, std::string(text).c_str()));
  if (!list || internet_address_list_length(list.get()) < 1) return found;
  InternetAddress* first = internet_address_list_get_address(list.get(), 0);
  if (!INTERNET_ADDRESS_IS_MAILBOX(first)) return found;
  const char* address = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(first));
  const char* name = internet_address_get_name(first);
  if (!address || !check_address(address)) return found;
  found.address = address;
  if (name) found.name = printable(name);
  return found;
}

std::string normal_address(std::string_view address) {
  std::string out(address);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view domain_of(std::string_view address) { return address.substr(address.rfind('@') + 1); }

}  // namespace dip
