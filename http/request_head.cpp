#include "http/request_head.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace dip::http {
namespace {

tl::unexpected<error> bad(std::string detail) { return fail(errc::bad_request, std::move(detail)); }

// RFC 9110, section 5.6.2.
constexpr auto token_table = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view{"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZ"})
    table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool is_token_char(char c) { return token_table[static_cast<unsigned char>(c)]; }
bool is_token(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_token_char); }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Whether a comma-separated list holds `token`.
bool lists(std::string_view values, std::string_view token) {
  while (!values.empty()) {
    const auto end = std::min(values.find(','), values.size());
    if (equal_ignoring_case(trimmed(values.substr(0, end)), token)) return true;
    values.remove_prefix(std::min(end + 1, values.size()));
  }
  return false;
}

// RFC 3986, section 3.2.2, with a port: whatever else stands there could lead two readers to two hosts.
bool is_host(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view{"-._~%!$&'()*+,;=[]:"}.find(c) != std::string_view::npos;
  });
}

class head_parser {
public:
  head_parser(std::string_view head, const head_limits& limits) : rest_(head), limits_(limits) {}

  result<request_head> parse() {
    auto done = take_request_line();
    for (size_t count = 0; done && !rest_.starts_with("\r\n"); ++count) done = take_header(count);
    if (done) done = check_host();
    if (done) done = check_framing();
    if (!done) return tl::make_unexpected(done.error());
    out_.close = http10_ || out_.close;
    return std::move(out_);
  }

private:
  std::string_view take_line() {
    const auto end = std::min(rest_.find("\r\n"), rest_.size());
    const auto line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 2, rest_.size()));
    return line;
  }

  result<void> take_request_line() {
    const auto line = take_line();
    const auto first = line.find(' '), last = line.rfind(' ');
    if (first == std::string_view::npos || first == last)
      return bad("the request's first line is not METHOD TARGET VERSION");
    const auto method = line.substr(0, first), target = line.substr(first + 1, last - first - 1),
               version = line.substr(last + 1);
    if (!is_token(method)) return bad("the request's method is no word");
    if (target.empty() || std::ranges::any_of(target, [](char c) { return c == ' ' || is_control(c); }))
      return bad("the request's target is no URL");
    if (target.size() > limits_.target) return fail(errc::headers_too_large, "the URL is too long");
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
      if (version.starts_with("HTTP/"))
        return fail(errc::http_version, "HTTP/1.1 and HTTP/1.0 are spoken here");
      return bad("the request's first line does not end in a version of HTTP");
    }
    http10_ = version == "HTTP/1.0";
    out_.method = method;
    out_.target = target;
    return {};
  }

  result<void> take_header(size_t count) {
    if (count == limits_.lines)
      return fail(errc::headers_too_large,
                  "the request has more than " + std::to_string(limits_.lines) + " headers");
    const auto line = take_line();
    if (line.size() + 2 > limits_.line)
      return fail(errc::headers_too_large, "a header of the request is too long");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return bad("a header of the request has no colon");
    const auto name = line.substr(0, colon), value = trimmed(line.substr(colon + 1));
    if (!is_token(name)) return bad("the name of a header is no word");
    if (std::ranges::any_of(value, [](char c) { return is_control(c) && c != '\t'; }))
      return bad("a control character in a header");
    note(name, value);
    out_.headers.emplace_back(name, value);
    return {};
  }

  void note(std::string_view name, std::string_view value) {
    if (equal_ignoring_case(name, "Host")) {
      ++hosts_;
      host_ = value;
    } else if (equal_ignoring_case(name, "Content-Length")) {
      ++lengths_;
      length_ = value;
    } else if (equal_ignoring_case(name, "Transfer-Encoding")) {
      ++codings_;
      coding_ = value;
    } else if (equal_ignoring_case(name, "Connection")) {
      out_.close = out_.close || lists(value, "close");
    } else if (equal_ignoring_case(name, "Expect")) {
      out_.expects_continue = equal_ignoring_case(value, "100-continue");
    }
  }

  result<void> check_host() const {
    if (hosts_ > 1 || (hosts_ == 0 && !http10_)) return bad("the request needs exactly one Host");
    if (!is_host(host_)) return bad("Host is no host");
    return {};
  }

  result<void> check_framing() {
    if (lengths_ + codings_ > 1) return bad("the body's length is given more than once");
    if (codings_ == 1) {
      // RFC 9112, section 6.1: of HTTP/1.0 such a message has a framing that nobody can trust.
      if (http10_ || !equal_ignoring_case(coding_, "chunked"))
        return bad("the only Transfer-Encoding here is chunked, of HTTP/1.1");
      out_.body = {true, std::nullopt};
    }
    if (lengths_ == 0) return {};
    std::uint64_t length = 0;
    const auto [end, ec] = std::from_chars(length_.data(), length_.data() + length_.size(), length);
    if (ec != std::errc{} || end != length_.data() + length_.size())
      return bad("Content-Length is not a number");
    out_.body = {true, length};
    return {};
  }

  std::string_view rest_;
  const head_limits& limits_;
  request_head out_;
  bool http10_ = false;
  size_t hosts_ = 0, lengths_ = 0, codings_ = 0;
  std::string_view host_, length_, coding_;
};

}  // namespace

result<std::optional<size_t>> find_head_end(std::string_view bytes, size_t seen, const head_limits& limits) {
  // TLS at a plain port, or anything else that is not HTTP, need not be waited for.
  if (!bytes.empty() && !is_token_char(bytes.front())) return bad("this is no HTTP request");
  for (size_t at = bytes.find('\n', seen); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') return bad("a line of the head does not end in CR LF");
    if (at + 1 > limits.bytes) break;
    if (at >= 3 && bytes[at - 2] == '\n') return std::optional{at + 1};
  }
  if (bytes.size() > limits.bytes) return fail(errc::headers_too_large, "the request's head is too long");
  const auto first = std::min(bytes.find('\n'), bytes.size());
  if (first > limits.target + 64) return fail(errc::headers_too_large, "the URL is too long");
  return std::nullopt;
}

result<request_head> parse_head(std::string_view head, const head_limits& limits) {
  return head_parser{head, limits}.parse();
}

}  // namespace dip::http
