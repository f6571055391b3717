// The words of result mails in every language that there is: the built-in templates, and an operator's own in
// their place.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "notify/mail.hpp"
#include "notify/template_file.hpp"

namespace dip {

// Any thread.
class mail_templates {
public:
  struct words {
    std::string subject;  // one line
    std::string text;     // lines ended by \n
    std::string html;     // a whole document
  };

  // `directory` has a folder a language ("en", "de", …) with any of subject.txt, body.txt, body.html and
  // failure.txt; empty: the built-in ones alone. Errors: all that is wrong in the files, a language that has
  // not all four of them, `fallback` without templates.
  [[nodiscard]] static tl::expected<std::unique_ptr<mail_templates>, std::vector<template_error>> read(
      const std::string& directory, const std::string& fallback);

  [[nodiscard]] bool has(std::string_view language) const { return languages_.contains(language); }
  [[nodiscard]] std::vector<std::string> languages() const;
  // In the mail's language, or in the fallback where there are no words in it. `preview_id` is the Content-ID
  // of the preview, or empty.
  [[nodiscard]] words render(const result_mail& mail, std::string_view preview_id) const;

private:
  using files = std::map<std::string, mail_template, std::less<>>;  // by the file's name
  class reader;

  mail_templates() = default;
  std::map<std::string, files, std::less<>> languages_;
  std::string fallback_;
  mutable std::mutex rendering_;
};

}  // namespace dip
