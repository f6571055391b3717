#include "http/file_name.hpp"

#include <algorithm>

#include "http/message.hpp"
#include "http/target.hpp"

namespace dip::http {
namespace {

constexpr char32_t broken = 0xFFFD;

// The next code point, `broken` for one byte that starts none (RFC 3629: no surrogates, no overlong forms).
char32_t next_code_point(std::string_view& text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const size_t length = lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
  char32_t value = length == 1 ? lead : lead & (0xFFu >> (length + 1));
  bool good = length != 0 && length <= text.size();
  for (size_t i = 1; good && i < length; ++i) {
    good = (byte(i) & 0xC0) == 0x80;
    value = value << 6 | (byte(i) & 0x3Fu);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (!good || value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
    text.remove_prefix(1);
    return broken;
  }
  text.remove_prefix(length);
  return value;
}

void append_utf8(std::string& out, char32_t c) {
  const auto tail = [&](unsigned shift) { out.push_back(static_cast<char>(0x80 | (c >> shift & 0x3F))); };
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xC0 | c >> 6));
    tail(0);
  } else if (c < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | c >> 12));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xF0 | c >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

// Direction marks make "gpj.exe" look like "exe.jpg".
bool is_harmful(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

// Reads a quoted string or a token off the front. Only \" and \\ are escapes: other backslashes are of
// Windows paths.
std::string take_value(std::string_view& text) {
  std::string out;
  if (!text.starts_with('"')) {
    const auto end = std::min(text.find(';'), text.size());
    out = text.substr(0, end);
    out.erase(out.find_last_not_of(" \t") + 1);
    text.remove_prefix(end);
    return out;
  }
  size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
    out.push_back(text[i]);
  }
  text.remove_prefix(std::min(i + 1, text.size()));
  return out;
}

// "UTF-8'en'%C3%BC.png"; nothing when it is in another charset or broken.
std::optional<std::string> decode_extended(std::string_view value) {
  const auto first = value.find('\'');
  if (first == std::string_view::npos || !equal_ignoring_case(value.substr(0, first), "UTF-8"))
    return std::nullopt;
  const auto second = value.find('\'', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  auto decoded = percent_decode(value.substr(second + 1), false);
  return decoded ? std::optional{std::move(*decoded)} : std::nullopt;
}

bool is_attr_char(char c) {  // RFC 8187, section 3.2.1
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view{"!#$&+-.^_`|~"}.find(c) != std::string_view::npos;
}

}  // namespace

std::string sanitised_file_name(std::string_view raw) {
  if (const auto slash = raw.find_last_of("/\\"); slash != std::string_view::npos)
    raw.remove_prefix(slash + 1);
  std::string out;
  while (!raw.empty()) {
    const auto c = next_code_point(raw);
    if (is_harmful(c)) continue;
    const auto before = out.size();
    append_utf8(out, c);
    if (out.size() > max_file_name) {
      out.resize(before);
      break;
    }
  }
  if (out == "." || out == "..") out.clear();
  return out;
}

std::optional<std::string> header_parameter(std::string_view header, std::string_view name) {
  std::optional<std::string> plain;
  for (auto at = header.find(';'); at != std::string_view::npos; at = header.find(';')) {
    header.remove_prefix(at + 1);
    header.remove_prefix(std::min(header.find_first_not_of(" \t"), header.size()));
    const auto end = header.find_first_of("=;");
    if (end == std::string_view::npos || header[end] == ';') continue;
    const auto key = header.substr(0, end);
    header.remove_prefix(end + 1);
    auto value = take_value(header);
    if (equal_ignoring_case(key, name)) {
      if (!plain) plain = std::move(value);
    } else if (key.ends_with('*') && equal_ignoring_case(key.substr(0, key.size() - 1), name)) {
      if (auto extended = decode_extended(value)) return extended;
    }
  }
  return plain;
}

std::string content_disposition(std::string_view kind, std::string_view file_name) {
  std::string ascii, extended;
  bool plain = true;
  for (const char c : file_name) {
    const bool quotable = c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '%';
    plain = plain && quotable;
    ascii.push_back(quotable ? c : '_');
    if (is_attr_char(c)) {
      extended.push_back(c);
    } else {
      constexpr std::string_view digits = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      extended.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
  }
  auto out = std::string{kind} + "; filename=\"" + ascii + '"';
  if (!plain) out += "; filename*=UTF-8''" + extended;
  return out;
}

}  // namespace dip::http
