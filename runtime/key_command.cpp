#include "runtime/key_command.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "cli/text_file.hpp"
#include "core/api_keys.hpp"
#include "runtime/credentials.hpp"
#include "storage/object_bytes.hpp"

namespace dip {
namespace {

int refuse(const std::string& why) {
  std::fprintf(stderr, "dip: %s\n", why.c_str());
  return 1;
}

std::string table_of(const std::string& name, const std::string& key,
                     const std::vector<std::string>& scopes) {
  std::string list;
  for (const auto& s : scopes) list += (list.empty() ? "\"" : ", \"") + s + "\"";
  return "[[key]]\nname = \"" + name + "\"\nsha256 = \"" + sha256_hex(key) + "\"\nscopes = [" + list + "]\n";
}

// Checked as a whole before it is written: a file that a node would not read helps nobody.
result<void> append_to(const std::string& file, const std::string& table) {
  std::string there;
  if (::access(file.c_str(), F_OK) == 0) {
    auto text = read_text_file(file);
    if (!text) return tl::make_unexpected(text.error());
    there = std::move(*text);
  }
  if (auto good = parse_api_keys(there + "\n" + table); !good) {
    const auto& e = good.error().front();
    return fail(errc::bad_request, file + ":" + std::to_string(e.line) + ": " + e.text);
  }
  const auto added = (there.empty() ? "" : "\n") + table;
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const bool written = fd >= 0 &&
                       ::write(fd, added.data(), added.size()) == static_cast<ssize_t>(added.size()) &&
                       ::fsync(fd) == 0;
  const std::string why = std::strerror(errno);
  if (fd >= 0) ::close(fd);
  if (!written) return fail(errc::io, file + " cannot be written: " + why);
  return {};
}

}  // namespace

key_command::key_command(CLI::App& app)
    : command_(app.add_subcommand("key", "Make an API key")), options_(std::make_unique<options>()) {
  command_->add_option("name", options_->name, "Whose key it is: letters, digits, - and _")->required();
  command_
      ->add_option("--scope", options_->scopes,
                   "What it may do: upload, process, read, admin; may be repeated")
      ->check(CLI::IsMember({"upload", "process", "read", "admin"}))
      ->default_val(std::vector<std::string>{"upload", "process"});
  command_->add_option("--file", options_->file,
                       "The file of keys (security.api_keys_file) to put it into; without one it is printed");
}

std::optional<int> key_command::run() const {
  if (!command_->parsed()) return std::nullopt;
  const auto key = make_api_key();
  const auto table = table_of(options_->name, key, options_->scopes);
  if (const auto good = parse_api_keys(table); !good) return refuse(good.error().front().text);
  if (options_->file.empty()) {
    std::printf("# For the file of keys. The key itself is shown this once: %s\n%s", key.c_str(),
                table.c_str());
    return 0;
  }
  if (auto done = append_to(options_->file, table); !done) return refuse(done.error().detail);
  std::printf("%s\n", key.c_str());
  std::fprintf(stderr, "%s is in %s; a running node reads it on SIGHUP. The key is shown this once.\n",
               options_->name.c_str(), options_->file.c_str());
  return 0;
}

}  // namespace dip
