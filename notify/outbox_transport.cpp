#include <atomic>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <strings.h>
#include <unistd.h>

#include "notify/mail.hpp"

namespace dip {
namespace {

namespace fs = std::filesystem;

class open_file {
public:
  open_file(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0640)) {}
  ~open_file() {
    if (fd_ >= 0) ::close(fd_);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  [[nodiscard]] bool ok() const { return fd_ >= 0; }
  [[nodiscard]] bool sync() const { return ::fsync(fd_) == 0; }

  [[nodiscard]] bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return true;
  }

private:
  int fd_;
};

// The text between the angle brackets, with what a file's name should not have left out.
std::string message_id(std::string_view bytes) {
  static constexpr std::string_view field = "\r\nMessage-Id: <";
  std::string id;
  const std::string_view head = bytes.substr(0, bytes.find("\r\n\r\n"));
  for (size_t line = 0; line != std::string_view::npos; line = head.find("\r\n", line + 1)) {
    if (head.size() - line < field.size() ||
        ::strncasecmp(head.data() + line, field.data(), field.size()) != 0)
      continue;
    for (size_t i = line + field.size(); i < head.size() && head[i] != '>' && id.size() < 120; ++i)
      if (std::isalnum(static_cast<unsigned char>(head[i])) ||
          std::string_view(".@-_").find(head[i]) != std::string_view::npos)
        id += head[i];
    break;
  }
  return id.empty() ? "message" : id;
}

// "20260304T050607089Z": sorts by time, and has no character that a file system minds.
std::string stamp() {
  std::string text;
  for (const char c : to_rfc3339(system_clock{}.wall()))
    if (c != '-' && c != ':' && c != '.') text += c;
  return text;
}

class outbox_transport final : public mail_transport {
public:
  explicit outbox_transport(fs::path directory) : directory_(std::move(directory)) {}

  delivery deliver(const std::string&, const std::string&, const std::string& bytes) override {
    const std::string name = stamp() + "-" + message_id(bytes) + ".eml";
    const fs::path whole = directory_ / name;
    const fs::path part = directory_ / ("." + name + "." + std::to_string(::getpid()) + "." +
                                        std::to_string(written_++) + ".part");
    if (store(part, whole, bytes)) return {delivery::outcome::sent, "written to " + whole.string()};
    const std::string why = std::strerror(errno);
    ::unlink(part.c_str());
    return {delivery::outcome::try_again, "the outbox cannot be written: " + why};
  }

private:
  [[nodiscard]] bool store(const fs::path& part, const fs::path& whole, const std::string& bytes) const {
    const open_file file(part, O_WRONLY | O_CREAT | O_EXCL);
    if (!file.ok() || !file.write(bytes) || !file.sync()) return false;
    if (std::rename(part.c_str(), whole.c_str()) != 0) return false;
    // The name is in the directory, and lost with it unless that is written too.
    const open_file directory(directory_, O_RDONLY | O_DIRECTORY);
    return directory.ok() && directory.sync();
  }

  const fs::path directory_;
  std::atomic<std::uint64_t> written_ = 0;
};

}  // namespace

result<std::unique_ptr<mail_transport>> make_outbox_transport(const std::string& directory) {
  std::error_code why;
  fs::create_directories(directory, why);
  if (why) return fail(errc::io, "the outbox " + directory + " cannot be made: " + why.message());
  return std::make_unique<outbox_transport>(directory);
}

}  // namespace dip
