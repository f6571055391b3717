#include "http/router.hpp"

#include <exception>
#include <string_view>
#include <utility>

#include "http/doors.hpp"
#include "http/problem.hpp"

namespace dip::http {
namespace {

std::vector<std::string> split_pattern(std::string_view pattern) {
  std::vector<std::string> parts;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);
    const auto end = pattern.find('/');
    parts.emplace_back(pattern.substr(0, end));
    pattern = end == std::string_view::npos ? std::string_view{} : pattern.substr(end);
  }
  return parts;
}

bool match(const std::vector<std::string>& pattern, const std::vector<std::string>& path,
           std::vector<std::string>& args) {
  args.clear();
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (i >= path.size()) return false;
    if (pattern[i].ends_with("...}")) {
      args.insert(args.end(), path.begin() + static_cast<std::ptrdiff_t>(i), path.end());
      return true;
    }
    if (pattern[i].starts_with('{'))
      args.push_back(path[i]);
    else if (pattern[i] != path[i])
      return false;
  }
  return pattern.size() == path.size();
}

// An exception is an answer as well.
template <class Answer>
auto guarded(const http_request& r, Answer answer) -> decltype(answer()) {
  try {
    return answer();
  } catch (const std::exception& e) {
    return make_problem({errc::internal, e.what(), {}}, r.id);
  } catch (...) {
    return make_problem({errc::internal, "an exception of an unknown type", {}}, r.id);
  }
}

void allow_method(std::string& allow, std::string_view method) {
  if (!allow.empty()) allow += ", ";
  allow += method;
  if (method == "GET") allow += ", HEAD";
}

}  // namespace

void router::add(route r) {
  auto pattern = split_pattern(r.pattern);
  entries_.push_back({std::move(r), std::move(pattern)});
}

std::vector<const route*> router::routes() const {
  std::vector<const route*> out;
  for (const auto& one : entries_) out.push_back(&one.to);
  return out;
}

const route* router::find(http_request& r, std::string& allow) const {
  for (const auto& [to, pattern] : entries_) {
    if (!match(pattern, r.segments, r.args)) continue;
    if (to.method == r.method || (to.method == "GET" && r.method == "HEAD")) return &to;
    allow_method(allow, to.method);
  }
  return nullptr;
}

router::admission router::admit(http_request& r, bool has_body, std::optional<std::uint64_t> length) const {
  const auto refuse = [&](errc code, std::string detail) {
    return admission{nullptr, make_problem({code, std::move(detail), {}}, r.id), 0};
  };
  if (r.path == "*" && r.method == "OPTIONS")
    return {nullptr, http_response{.status = 204, .headers = {{"Allow", "GET, HEAD, POST, DELETE, OPTIONS"}}},
            0};
  std::string allow;
  if (doors_ && r.method == "OPTIONS")
    if (auto answer = doors_->preflight(r)) return {nullptr, std::move(answer), 0};
  const route* to = find(r, allow);
  if (!to && allow.empty()) return refuse(errc::not_found, "there is no such path");
  if (!to) {
    allow += ", OPTIONS";
    auto out = refuse(errc::method_not_allowed, "this path answers " + allow);
    if (r.method == "OPTIONS") out.refusal = http_response{.status = 204};
    out.refusal->headers.emplace_back("Allow", allow);
    return out;
  }
  if (!doors_) r.by.scopes = {scope::admin};
  if (doors_)
    if (auto refusal = doors_->admit(r, to->needs, to->counted)) return {nullptr, std::move(refusal), 0};
  if (!to->max_body) {
    // Many clients say Content-Length: 0 with every POST.
    if (has_body && length != 0U) return refuse(errc::bad_request, "this call takes no body");
    return {to, std::nullopt, 0};
  }
  if (!has_body)
    return refuse(errc::length_required, "this call needs a body, with its Content-Length or chunked");
  const auto most = to->max_body(r);
  if (length && *length > most)
    return refuse(errc::too_large, "the body has " + std::to_string(*length) + " bytes, at most " +
                                       std::to_string(most) + " are taken");
  return {to, std::nullopt, most};
}

http_response router::answer(const route& to, const http_request& r) {
  return guarded(r, [&] { return to.answer(r); });
}

std::optional<http_response> router::answer_at_once(const route& to, const http_request& r) {
  if (!to.at_once) return std::nullopt;
  return guarded(r, [&] { return to.at_once(r); });
}

void router::finish(const http_request& r, http_response& answer) const {
  if (doors_) doors_->finish(r, answer);
}

void router::account(const http_request& r, std::uint64_t bytes) const {
  if (doors_) doors_->account(r.by, bytes);
}

}  // namespace dip::http
