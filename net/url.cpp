#include "net/url.hpp"

#include <algorithm>
#include <charconv>
#include <memory>

#include <curl/curl.h>

namespace dip::net {
namespace {

struct url_end {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using url_ptr = std::unique_ptr<CURLU, url_end>;

std::string part(const url_ptr& url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK || !text) return {};
  std::string out(text);
  curl_free(text);
  return out;
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

}  // namespace

std::string url_parts::origin() const {
  const bool v6 = host.find(':') != std::string::npos;
  return scheme + "://" + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

result<url_parts> parse_url(std::string_view text) {
  const auto wrong = [](std::string why) { return fail(errc::bad_request, std::move(why)); };
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '\\')
      return wrong("a URL has no spaces, control characters or backslashes");
  const url_ptr url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, std::string(text).c_str(), CURLU_NON_SUPPORT_SCHEME) !=
                  CURLUE_OK)
    return wrong("not a URL as https://example.org/hook");
  url_parts out;
  out.scheme = lower(part(url, CURLUPART_SCHEME));
  const auto authority = text.substr(std::min(out.scheme.size(), text.size()));
  if ((out.scheme != "http" && out.scheme != "https") || !authority.starts_with("://") ||
      authority.starts_with(":///"))
    return wrong("a URL starts with https:// or http://");
  out.host = lower(part(url, CURLUPART_HOST));
  if (out.host.size() > 2 && out.host.front() == '[') out.host = out.host.substr(1, out.host.size() - 2);
  if (out.host.empty()) return wrong("the URL names no host");
  const auto port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (problem != std::errc() || end != port.data() + port.size() || out.port == 0)
    return wrong("the URL's port is from 1 to 65535");
  out.has_user = authority.substr(0, authority.find_first_of("/?#", 3)).find('@') != std::string_view::npos;
  return out;
}

}  // namespace dip::net
