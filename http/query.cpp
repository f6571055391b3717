#include "http/query.hpp"

#include <algorithm>
#include <optional>

#include "http/problem.hpp"

namespace dip::http {

result<std::string> whole_body(const http_request& r) {
  std::string body;
  auto read = r.body->read([&](std::string_view piece) -> result<void> {
    body += piece;
    return {};
  });
  if (!read) return tl::make_unexpected(read.error());
  return body;
}

result<void> only_params(const http_request& r, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : r.query) {
    if (std::ranges::find(known, name) == known.end())
      return fail(errc::bad_request, "there is no parameter \"" + name + "\" here");
    if (std::ranges::count(r.query, name, &name_value::first) > 1)
      return fail(errc::bad_request, "the parameter \"" + name + "\" is given twice");
  }
  return {};
}

result<std::uint32_t> page_limit(const http_request& r) {
  const auto text = r.param("limit");
  if (!text || text->empty()) return default_page;
  const auto value = whole_number<std::uint32_t>(*text);
  if (!value || *value < 1 || *value > max_page)
    return fail(errc::bad_request, "limit is a number from 1 to " + std::to_string(max_page));
  return *value;
}

result<milliseconds> wait_param(const http_request& r, milliseconds most) {
  const auto given = r.param("wait");
  if (!given) return milliseconds{0};
  std::string_view text = *given;
  std::int64_t unit = 1000;
  if (text.ends_with("ms")) {
    unit = 1;
    text.remove_suffix(2);
  } else if (text.ends_with('s')) {
    text.remove_suffix(1);
  }
  const auto value = whole_number<std::uint32_t>(text);
  if (!value) return fail(errc::bad_request, "wait is a time such as 30s or 1500ms");
  return std::min(milliseconds{*value * unit}, most);
}

http_response json_answer(const http_request& r, const result<std::string>& json, int status) {
  if (!json) return make_problem(json.error(), r.id);
  return {.status = status,
          .headers = {{"Cache-Control", "no-store"}},
          .content_type = "application/json",
          .body = *json};
}

}  // namespace dip::http
