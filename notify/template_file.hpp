// One template of an e-mail: Mustache, read and checked. docs/notifications.md says what may stand in it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <kainjow/mustache.hpp>
#include <tl/expected.hpp>

namespace dip {

struct template_file {
  std::string_view path;  // "en/subject.txt"
  std::string_view text;
};
[[nodiscard]] std::span<const template_file> built_in_templates();

struct template_error {
  std::string file;
  std::uint32_t line = 0;  // 0: the file as a whole
  std::string text;
};

enum class template_kind : std::uint8_t { subject, text, html, failure };

// A template that can be rendered: every name in it is one that `kind` has, every section ends.
class mail_template {
public:
  // `file` names it in an error.
  [[nodiscard]] static tl::expected<mail_template, template_error> parse(template_kind kind,
                                                                         std::string_view text,
                                                                         const std::string& file);
  // Values in HTML are escaped, whatever the template says. One thread at a time.
  [[nodiscard]] std::string render(const kainjow::mustache::data& values) const;

private:
  explicit mail_template(const std::string& text)
      : parsed_(std::make_unique<kainjow::mustache::mustache>(text)) {}
  std::unique_ptr<kainjow::mustache::mustache> parsed_;  // rendering is not const there
};

}  // namespace dip
