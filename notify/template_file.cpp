#include "notify/template_file.hpp"

#include <algorithm>
#include <optional>

#include <glib.h>

namespace dip {
namespace {

using names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 18> mail_names{
    "file_name", "succeeded", "request", "run",  "status_url", "finished", "outputs", "name",    "url",
    "format",    "width",     "height",  "size", "bytes",      "failure",  "preview", "address", "language"};
constexpr std::array<std::string_view, 11> failure_names{
    "invalid_image", "unsupported_media", "too_many_pixels", "too_large", "invalid_operation",
    "timeout",       "worker_crashed",    "not_found",       "disk_full", "other",
    "detail"};
constexpr size_t longest = size_t{256} * 1024;

std::uint32_t line_at(std::string_view text, size_t offset) {
  const auto end = text.begin() + static_cast<std::ptrdiff_t>(std::min(offset, text.size()));
  return static_cast<std::uint32_t>(1 + std::count(text.begin(), end, '\n'));
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\n\r") - first + 1);
}

// What is wrong with the tag's inside, or nothing.
std::string wrong_in_tag(std::string_view inside, names known) {
  if (inside.empty()) return "an empty tag";
  switch (inside.front()) {
    case '!': return {};
    case '{':
    case '&': return "{{{…}}} and {{&…}} are not offered: what is put in is always escaped";
    case '>': return "{{>…}} is not offered: a template stands for itself";
    case '=': return "{{=…=}} is not offered: tags are always {{…}}";
    case '#':
    case '^':
    case '/': inside.remove_prefix(1); break;
    default: break;
  }
  const auto name = trimmed(inside);
  if (std::find(known.begin(), known.end(), name) != known.end()) return {};
  return "{{" + std::string(name) + "}} is nothing that this template is given";
}

struct finding {
  size_t offset;
  std::string text;
};

std::optional<finding> find_wrong_tag(std::string_view text, names known) {
  for (size_t at = text.find("{{"); at != std::string_view::npos; at = text.find("{{", at)) {
    const auto end = text.find("}}", at);
    if (end == std::string_view::npos) return finding{at, "a tag without its end"};
    if (auto wrong = wrong_in_tag(trimmed(text.substr(at + 2, end - at - 2)), known); !wrong.empty())
      return finding{at, std::move(wrong)};
    at = end + 2;
  }
  return std::nullopt;
}

// "Unclosed section "outputs" at 120": the library counts bytes.
finding of_library(const std::string& message) {
  const auto at = message.rfind(" at ");
  if (at == std::string::npos) return {0, message};
  return {static_cast<size_t>(std::strtoull(message.c_str() + at + 4, nullptr, 10)), message.substr(0, at)};
}

std::optional<finding> find_wrong_bytes(std::string_view text) {
  if (text.size() > longest) return finding{0, "a template is 256 KiB at most"};
  const char* end = nullptr;
  if (!g_utf8_validate_len(text.data(), text.size(), &end))
    return finding{static_cast<size_t>(end - text.data()), "not UTF-8"};
  return std::nullopt;
}

}  // namespace

tl::expected<mail_template, template_error> mail_template::parse(template_kind kind, std::string_view text,
                                                                 const std::string& file) {
  const auto wrong = [&](const finding& f) {
    return tl::make_unexpected(template_error{file, line_at(text, f.offset), f.text});
  };
  if (kind == template_kind::subject) {
    text = trimmed(text);
    if (const auto second = text.find('\n'); second != std::string_view::npos)
      return wrong({second + 1, "a subject is one line"});
    if (text.empty()) return wrong({0, "a subject is not empty"});
  }
  if (const auto bad = find_wrong_bytes(text)) return wrong(*bad);
  const names known = kind == template_kind::failure ? names(failure_names) : names(mail_names);
  if (const auto bad = find_wrong_tag(text, known)) return wrong(*bad);
  mail_template out{std::string(text)};
  if (!out.parsed_->is_valid()) return wrong(of_library(out.parsed_->error_message()));
  if (kind != template_kind::html)
    out.parsed_->set_custom_escape([](const std::string& plain) { return plain; });
  return out;
}

std::string mail_template::render(const kainjow::mustache::data& values) const {
  return parsed_->render(values);
}

}  // namespace dip
