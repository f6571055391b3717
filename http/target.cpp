#include "http/target.hpp"

namespace dip::http {
namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// What follows the authority of an absolute-form target; a proxy's client sends it (section 3.2.2).
std::string_view origin_form(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (target.size() < scheme.size() || !equal_ignoring_case(target.substr(0, scheme.size()), scheme))
      continue;
    const auto path = target.find_first_of("/?", scheme.size());
    if (path == std::string_view::npos) return {};
    return target.substr(path);
  }
  return target;
}

template <class F>
result<void> each_part(std::string_view text, char separator, F f) {
  for (;;) {
    const auto end = text.find(separator);
    if (auto done = f(text.substr(0, end)); !done) return done;
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
}

result<void> parse_query(std::string_view text, std::vector<name_value>& out) {
  if (text.empty()) return {};
  return each_part(text, '&', [&](std::string_view pair) -> result<void> {
    const auto equals = pair.find('=');
    auto name = percent_decode(pair.substr(0, equals), true);
    if (!name) return tl::make_unexpected(name.error());
    auto value = percent_decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
    if (!value) return tl::make_unexpected(value.error());
    if (!name->empty()) out.emplace_back(std::move(*name), std::move(*value));
    return {};
  });
}

}  // namespace

result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_space) {
      c = ' ';
    } else if (c == '%') {
      const int high = text.size() - i > 2 ? hex(text[i + 1]) : -1;
      const int low = text.size() - i > 2 ? hex(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return fail(errc::bad_request, "a % in the URL is not followed by two hex digits");
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (is_control(c)) return fail(errc::bad_request, "a control character in the URL");
    out.push_back(c);
  }
  return out;
}

result<request_target> parse_target(std::string_view target) {
  request_target out;
  const auto local = origin_form(target.substr(0, target.find('#')));
  const auto question = local.find('?');
  out.path = local.substr(0, question);
  const bool absolute = local.data() != target.data();
  if (out.path.empty() && absolute) out.path = "/";
  if (!out.path.starts_with('/') && out.path != "*")
    return fail(errc::bad_request, "the URL's path does not start with a slash");
  if (out.path.size() > 1) {
    auto split =
        each_part(std::string_view{out.path}.substr(1), '/', [&](std::string_view part) -> result<void> {
          auto segment = percent_decode(part, false);
          if (!segment) return tl::make_unexpected(segment.error());
          out.segments.push_back(std::move(*segment));
          return {};
        });
    if (!split) return tl::make_unexpected(split.error());
  }
  if (question != std::string_view::npos)
    if (auto query = parse_query(local.substr(question + 1), out.query); !query)
      return tl::make_unexpected(query.error());
  return out;
}

}  // namespace dip::http
