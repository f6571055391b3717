#include "cli/out_template.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include "core/image_format.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::array placeholders{"dir", "file", "stem", "name", "ext", "width", "height", "id"};

// One piece of a file's name, whatever it came as.
std::string as_name(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c == '/' || c == '\x7f' || static_cast<unsigned char>(c) < ' ') c = '_';
  return out;
}

std::string extension_of(std::string_view key) {
  const auto slash = key.rfind('/');
  const auto dot = key.rfind('.');
  if (dot == std::string_view::npos || (slash != std::string_view::npos && dot < slash)) return "";
  return as_name(key.substr(dot + 1));
}

std::string value_of(std::string_view placeholder, const input_file& input, const result_facts& facts) {
  const bool piped = input.path == "-";
  const fs::path path(piped ? "stdin" : input.path);
  if (placeholder == "file") return path.filename().string();
  if (placeholder == "stem") return path.stem().string();
  if (placeholder == "name") return as_name(facts.name);
  if (placeholder == "ext") return extension_of(facts.key);
  if (placeholder == "width") return std::to_string(facts.width);
  if (placeholder == "height") return std::to_string(facts.height);
  if (placeholder == "id") return as_name(facts.id);
  if (placeholder == "-name") return facts.single ? "" : "-" + as_name(facts.name);
  // Without a format in its name an object still gets one of its own: no dot at the end.
  if (placeholder == ".ext") return extension_of(facts.key).empty() ? "" : "." + extension_of(facts.key);
  return input.dir;
}

std::string format_of_name(const std::string& name) {
  auto extension = fs::path(name).extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (extension == ".jpeg" || extension == ".tiff") return extension.substr(1);
  for (const auto& f : format_table())
    if (f.writable && extension == "." + std::string(f.extension)) return std::string(f.name);
  return "";
}

}  // namespace

result<out_template> out_template::parse(const std::string& text) {
  out_template out;
  if (text.empty()) return fail(errc::bad_request, "--out is empty");
  if (text == "-") {
    out.stdout_ = true;
    return out;
  }
  out.from_root_ = text.front() == '/';
  const bool plain = text.find_first_of("{}") == std::string::npos;
  std::error_code none;
  if (plain && text.back() != '/' && !fs::is_directory(text, none)) out.format_ = format_of_name(text);
  if (auto read = out.read(text); !read) return tl::make_unexpected(read.error());
  if (plain && out.format_.empty()) {
    out.components_.push_back({{true, "dir"}});
    out.components_.push_back({{true, "stem"}, {true, "-name"}, {true, ".ext"}});
    out.takes_many_ = true;
  } else if (text.back() == '/' && !plain) {
    return fail(errc::bad_request,
                "--out " + printable(text) + " names no file; write {stem}.{ext} at its end");
  }
  return out;
}

result<void> out_template::read(std::string_view text) {
  component now;
  const auto put = [&](bool placeholder, std::string_view more) {
    if (now.empty() || placeholder || now.back().placeholder) now.push_back({placeholder, ""});
    now.back().text += more;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '/') {
      if (!now.empty()) components_.push_back(std::exchange(now, {}));
    } else if ((c == '{' || c == '}') && i + 1 < text.size() && text[i + 1] == c) {
      put(false, text.substr(i++, 1));
    } else if (c == '{') {
      const auto end = text.find('}', i);
      const auto word = text.substr(i + 1, end == std::string_view::npos ? end : end - i - 1);
      if (end == std::string_view::npos || std::ranges::find(placeholders, word) == placeholders.end()) {
        std::string all;
        for (const auto* p : placeholders) all += std::string(all.empty() ? "" : ", ") + "{" + p + "}";
        return fail(errc::bad_request, "--out: {" + printable(word) + "} is none of " + all);
      }
      if (word == "stem" || word == "file" || word == "id") takes_many_ = true;
      put(true, word);
      i = end;
    } else {
      put(false, text.substr(i, 1));
    }
  }
  if (!now.empty()) components_.push_back(std::move(now));
  return {};
}

std::string out_template::base_dir() const {
  std::string out = from_root_ ? "/" : "";
  // The last one is the file's name.
  for (size_t i = 0; i + 1 < components_.size(); ++i) {
    const auto& c = components_[i];
    if (std::ranges::any_of(c, &piece::placeholder)) break;
    if (!out.empty() && out.back() != '/') out += '/';
    out += c.front().text;
  }
  return out;
}

std::string out_template::path_of(const input_file& input, const result_facts& facts) const {
  std::string out = from_root_ ? "/" : "";
  for (const auto& c : components_) {
    std::string name;
    bool written_by_user = true;
    for (const auto& p : c) {
      written_by_user = written_by_user && !p.placeholder;
      name += p.placeholder ? value_of(p.text, input, facts) : p.text;
    }
    if (name.empty()) continue;
    if (!written_by_user && (name == "." || name == "..")) name.assign(name.size(), '_');
    if (!out.empty() && out.back() != '/') out += '/';
    out += name;
  }
  return out;
}

}  // namespace dip::cli
