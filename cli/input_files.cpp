#include "cli/input_files.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include <dirent.h>
#include <fnmatch.h>
#include <sys/stat.h>

#include "core/image_format.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

namespace fs = std::filesystem;

std::string absolute(const std::string& path) {
  std::error_code none;
  auto whole = fs::absolute(path, none).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();
  return whole.string();
}

std::string joined(const std::string& dir, const std::string& name) {
  if (dir.empty()) return name;
  return dir.back() == '/' ? dir + name : dir + "/" + name;
}

bool has_glob(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

// Names in a directory but hidden ones, sorted; false and errno where it cannot be read.
bool read_names(const std::string& dir, std::vector<std::string>& out) {
  const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(dir.empty() ? "." : dir.c_str()), &::closedir);
  if (!open) return false;
  errno = 0;
  while (const dirent* entry = ::readdir(open.get()))
    if (entry->d_name[0] != '.') out.emplace_back(entry->d_name);
  if (errno != 0) return false;
  std::ranges::sort(out);
  return true;
}

class finder {
public:
  explicit finder(const std::string& not_below) : not_below_(not_below.empty() ? "" : absolute(not_below)) {}

  void add(const std::string& argument) {
    struct stat facts = {};
    if (argument != "-" && ::stat(argument.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode)) {
      root_ = argument;
      walked_.clear();
      return walk(argument, facts);
    }
    if (argument == "-" || !has_glob(argument) || ::lstat(argument.c_str(), &facts) == 0)
      return take({argument, ""});
    const size_t before = out_.files.size() + out_.left_out.size();
    glob(argument);
    // As shells do: it is then said of this name that there is no such file.
    if (out_.files.size() + out_.left_out.size() == before) take({argument, ""});
  }

  input_list out() && { return std::move(out_); }

private:
  void take(input_file file) {
    if (taken_.insert(file.path == "-" ? "-" : absolute(file.path)).second)
      out_.files.push_back(std::move(file));
  }

  // Where it was found from `root_` on.
  [[nodiscard]] std::string dir_of(const std::string& path) const {
    const auto below = fs::path(path).lexically_relative(root_.empty() ? "." : root_).parent_path().string();
    return below == "." || below.substr(0, 2) == ".." ? "" : below;
  }

  void found(const std::string& path) {
    struct stat facts = {};
    if (::stat(path.c_str(), &facts) != 0) return out_.left_out.push_back(path);
    if (S_ISDIR(facts.st_mode)) return walk(path, facts);
    if (taken_.contains(absolute(path))) return;
    if (S_ISREG(facts.st_mode) && looks_like_image(path)) return take({path, dir_of(path)});
    out_.left_out.push_back(path);
  }

  void walk(const std::string& dir, const struct stat& facts) {
    if (!walked_.insert({facts.st_dev, facts.st_ino}).second) return;
    if (!not_below_.empty() && dir != root_ && absolute(dir) == not_below_) return;
    std::vector<std::string> names;
    if (!read_names(dir, names))
      out_.unreadable.push_back(printable(dir) + " cannot be read: " + std::strerror(errno));
    for (const auto& name : names) found(joined(dir, name));
  }

  void glob(const std::string& pattern) {
    std::vector<std::string> parts;
    for (const auto& part : fs::path(pattern))
      if (!part.empty()) parts.push_back(part.string());
    // What is before the first wildcard is where files are found from.
    std::string start;
    size_t first = 0;
    for (; first + 1 < parts.size() && !has_glob(parts[first]); ++first) start = joined(start, parts[first]);
    root_ = start;
    walked_.clear();
    descents_.clear();
    match(start, parts, first);
  }

  void match(const std::string& dir, const std::vector<std::string>& parts, size_t at) {
    const bool any_depth = parts[at] == "**";
    if (any_depth && !first_descent(dir, at)) return;
    if (any_depth && at + 1 < parts.size()) match(dir, parts, at + 1);
    std::vector<std::string> names;
    if (!read_names(dir, names)) return;
    for (const auto& name : names) {
      const std::string path = joined(dir, name);
      struct stat facts = {};
      const bool is_dir = ::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
      if (is_dir && !not_below_.empty() && absolute(path) == not_below_) continue;
      if (any_depth && at + 1 == parts.size()) {
        found(path);
      } else if (any_depth) {
        if (is_dir) match(path, parts, at);
      } else if (::fnmatch(parts[at].c_str(), name.c_str(), FNM_PERIOD) == 0) {
        if (at + 1 == parts.size())
          found(path);
        else if (is_dir)
          match(path, parts, at + 1);
      }
    }
  }

  // Whether "**" at this place of the pattern has not been in that directory: links may lead in circles.
  bool first_descent(const std::string& dir, size_t at) {
    struct stat facts = {};
    return ::stat(dir.empty() ? "." : dir.c_str(), &facts) == 0 &&
           descents_.insert({facts.st_dev, facts.st_ino, at}).second;
  }

  const std::string not_below_;
  std::string root_;
  std::set<std::tuple<dev_t, ino_t, size_t>> descents_;
  std::set<std::pair<dev_t, ino_t>> walked_;  // below this argument
  std::set<std::string> taken_;
  input_list out_;
};

bool named_like_image(const std::string& path) {
  auto extension = fs::path(path).extension().string();
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (extension.empty()) return false;
  static constexpr std::array others{".jpeg", ".jpe", ".jfif", ".tiff", ".heif", ".svgz"};
  if (std::ranges::find(others, extension) != others.end()) return true;
  return std::ranges::any_of(format_table(), [&](const format_spec& f) {
    return f.format != image_format::pdf && extension.substr(1) == f.extension;
  });
}

}  // namespace

bool looks_like_image(const std::string& path) {
  if (named_like_image(path)) return true;
  std::array<char, sniff_bytes> head{};
  std::ifstream in(path, std::ios::binary);
  in.read(head.data(), head.size());
  const auto format = sniff_format({head.data(), static_cast<size_t>(in.gcount())});
  return format && *format != image_format::pdf;
}

input_list find_inputs(const std::vector<std::string>& arguments, const std::string& not_below) {
  finder all(not_below);
  for (const auto& argument : arguments) all.add(argument);
  return std::move(all).out();
}

}  // namespace dip::cli
