#include "notify/mail_templates.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "core/text.hpp"
#include "notify/mail_values.hpp"

namespace dip {
namespace {

namespace fs = std::filesystem;

struct kind_of_file {
  std::string_view name;
  template_kind kind;
};
constexpr std::array<kind_of_file, 4> kinds{{{"subject.txt", template_kind::subject},
                                             {"body.txt", template_kind::text},
                                             {"body.html", template_kind::html},
                                             {"failure.txt", template_kind::failure}}};

const kind_of_file* find_kind(std::string_view name) {
  const auto* found = std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.name == name; });
  return found == kinds.end() ? nullptr : found;
}

// As smtp.language and notify.language have it.
bool is_language(std::string_view name) {
  return !name.empty() && name.size() <= 16 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::optional<std::string> contents(const fs::path& file) {
  if (std::error_code none; !fs::is_regular_file(file, none)) return std::nullopt;  // a folder reads as empty
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) return std::nullopt;
  return std::move(text).str();
}

std::vector<fs::path> entries(const fs::path& directory, std::error_code& why) {
  std::vector<fs::path> found;
  for (fs::directory_iterator at(directory, why), end; !why && at != end; at.increment(why))
    if (!at->path().filename().string().starts_with('.')) found.push_back(at->path());
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

// Fills one set of templates; what is wrong gathers in `errors`.
class mail_templates::reader {
public:
  explicit reader(mail_templates& into) : into_(into) {}
  std::vector<template_error> errors;

  void built_in() {
    for (const auto& file : built_in_templates()) {
      const auto slash = file.path.find('/');
      take(std::string(file.path.substr(0, slash)), *find_kind(file.path.substr(slash + 1)), file.text,
           "built-in " + std::string(file.path));
    }
  }

  void directory(const fs::path& root) {
    std::error_code why;
    for (const auto& folder : entries(root, why)) {
      if (!fs::is_directory(folder)) continue;  // a README of its owner's
      const auto name = folder.filename().string();
      if (!is_language(name))
        errors.push_back({folder.string(), 0, "the folder of a language is called as \"en\" or \"pt-BR\""});
      else
        one_language(name, folder);
    }
    if (why) errors.push_back({root.string(), 0, "smtp.templates cannot be read: " + why.message()});
  }

  void check_whole(const std::string& directory) {
    for (const auto& [name, there] : into_.languages_)
      for (const auto& k : kinds)
        if (!there.contains(k.name))
          errors.push_back({(fs::path{directory} / name / k.name).string(), 0,
                            "is missing, and there is no built-in one in this language"});
    if (!into_.has(into_.fallback_))
      errors.push_back({"smtp.language", 0, "there are no templates in \"" + into_.fallback_ + "\""});
  }

private:
  void one_language(const std::string& name, const fs::path& folder) {
    into_.languages_[name];
    std::error_code why;
    for (const auto& file : entries(folder, why)) {
      const auto* kind = find_kind(file.filename().string());
      const auto text = kind ? contents(file) : std::nullopt;
      if (!kind)
        errors.push_back({file.string(), 0, "is none of subject.txt, body.txt, body.html, failure.txt"});
      else if (!text)
        errors.push_back({file.string(), 0, "cannot be read"});
      else
        take(name, *kind, *text, file.string());
    }
    if (why) errors.push_back({folder.string(), 0, "cannot be read: " + why.message()});
  }

  void take(const std::string& name, const kind_of_file& kind, std::string_view text,
            const std::string& file) {
    auto parsed = mail_template::parse(kind.kind, text, file);
    if (parsed)
      into_.languages_[name].insert_or_assign(std::string(kind.name), std::move(*parsed));
    else
      errors.push_back(std::move(parsed.error()));
  }

  mail_templates& into_;
};

tl::expected<std::unique_ptr<mail_templates>, std::vector<template_error>> mail_templates::read(
    const std::string& directory, const std::string& fallback) {
  std::unique_ptr<mail_templates> out(new mail_templates);
  out->fallback_ = fallback;
  reader r(*out);
  r.built_in();
  if (!directory.empty()) r.directory(directory);
  if (r.errors.empty()) r.check_whole(directory);
  if (!r.errors.empty()) return tl::make_unexpected(std::move(r.errors));
  return out;
}

std::vector<std::string> mail_templates::languages() const {
  std::vector<std::string> out;
  for (const auto& [name, there] : languages_) out.push_back(name);
  return out;
}

mail_templates::words mail_templates::render(const result_mail& mail, std::string_view preview_id) const {
  const auto found = languages_.find(mail.language);
  const auto& in = (found == languages_.end() ? languages_.find(fallback_) : found)->second;
  // The library's templates remember where they are while they render.
  const std::lock_guard lock{rendering_};
  const auto failure = printable(in.find("failure.txt")->second.render(failure_values(mail.failure)));
  return {printable(in.find("subject.txt")->second.render(mail_values(mail, mail_form::subject, {}, {}))),
          in.find("body.txt")->second.render(mail_values(mail, mail_form::text, failure, {})),
          in.find("body.html")->second.render(mail_values(mail, mail_form::html, failure, preview_id))};
}

}  // namespace dip
