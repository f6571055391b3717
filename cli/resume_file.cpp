#include "cli/resume_file.hpp"

#include <cerrno>
#include <cstring>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/node_api.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;
using stage = resume_file::entry::stage;

tl::unexpected<error> refused(const std::string& path) {
  return fail(errc::io, printable(path) + ": " + std::strerror(errno));
}

std::string member(const json& line, const char* name) {
  const auto found = line.find(name);
  return found != line.end() && found->is_string() ? found->get<std::string>() : "";
}

// Whether the name still leads to the open file: another process may have taken it away meanwhile.
bool still_there(const std::string& path, int fd) {
  struct stat by_name = {}, open = {};
  return ::stat(path.c_str(), &by_name) == 0 && ::fstat(fd, &open) == 0 && by_name.st_ino == open.st_ino &&
         by_name.st_dev == open.st_dev;
}

}  // namespace

result<std::unique_ptr<resume_file>> resume_file::open(const std::string& path) {
  while (true) {
    const int fd = ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) return refused(path);
    std::unique_ptr<resume_file> out(new resume_file(path, fd));
    while (::flock(fd, LOCK_SH) != 0)
      if (errno != EINTR) return refused(path);
    if (!still_there(path, fd)) continue;
    if (auto read = out->read(); !read) return tl::make_unexpected(read.error());
    return out;
  }
}

resume_file::~resume_file() {
  if (fd_ >= 0) ::close(fd_);
}

result<void> resume_file::read() {
  std::string text;
  char piece[16384];
  for (off_t at = 0;;) {
    const ssize_t got = ::pread(fd_, piece, sizeof piece, at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refused(path_);
    if (got == 0) break;
    text.append(piece, static_cast<size_t>(got));
    at += got;
  }
  std::istringstream lines(text);
  bool any_good = text.empty();
  for (std::string line; std::getline(lines, line);) {
    const json parsed = json::parse(line, nullptr, false);
    // One that was cut off by a kill is as if it had not been written.
    if (!parsed.is_object() || member(parsed, "key").empty()) continue;
    any_good = true;
    apply(parsed);
  }
  if (!any_good)
    return fail(errc::bad_request, printable(path_) + " is not a file that --resume has written");
  // Nothing is to be written behind half a line.
  if (!text.empty() && text.back() != '\n' && ::write(fd_, "\n", 1) != 1) return refused(path_);
  return {};
}

void resume_file::apply(const json& line) {
  const std::string key = member(line, "key"), state = member(line, "state");
  if (state == "begun") entries_[key] = {stage::begun, member(line, "idempotency_key"), "", {}};
  if (state == "failed") entries_.erase(key);
  if (state == "accepted") {
    entries_[key].at = stage::accepted;
    entries_[key].id = member(line, "id");
  }
  if (state == "done") {
    entries_[key].at = stage::done;
    entries_[key].record = line.value("record", json::object());
  }
}

void resume_file::append(const json& line) {
  apply(line);
  const std::string text = line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  // One write: lines of several processes do not mix.
  ssize_t written = 0;
  do written = ::write(fd_, text.data(), text.size());
  while (written < 0 && errno == EINTR);
  if (written != static_cast<ssize_t>(text.size()) && problem_.empty())
    problem_ = printable(path_) + " cannot be written: " + std::strerror(written < 0 ? errno : ENOSPC);
}

std::optional<resume_file::entry> resume_file::find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  used_.insert(key);
  const auto found = entries_.find(key);
  return found == entries_.end() ? std::nullopt : std::optional(found->second);
}

resume_file::entry resume_file::begin(const std::string& key, const std::string& file) {
  const std::lock_guard lock(mutex_);
  used_.insert(key);
  if (const auto found = entries_.find(key); found != entries_.end()) return found->second;
  append({{"key", key}, {"file", file}, {"state", "begun"}, {"idempotency_key", make_idempotency_key()}});
  return entries_[key];
}

void resume_file::accepted(const std::string& key, const std::string& id) {
  const std::lock_guard lock(mutex_);
  append({{"key", key}, {"state", "accepted"}, {"id", id}});
}

void resume_file::done(const std::string& key, const json& record) {
  const std::lock_guard lock(mutex_);
  append({{"key", key}, {"state", "done"}, {"record", record}});
}

void resume_file::failed(const std::string& key) {
  const std::lock_guard lock(mutex_);
  append({{"key", key}, {"state", "failed"}});
}

void resume_file::forget() {
  const std::lock_guard lock(mutex_);
  for (const auto& key : used_)
    if (entries_.contains(key)) append({{"key", key}, {"state", "failed"}});
  // Who else has it open writes on into it, and takes it away in his turn.
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0 || !still_there(path_, fd_)) return;
  entries_.clear();
  if (read() && entries_.empty()) ::unlink(path_.c_str());
}

std::string resume_file::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

}  // namespace dip::cli
