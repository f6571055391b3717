#include "cli/result_file.hpp"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dip::cli {
namespace {

tl::unexpected<error> refused(const std::string& path) {
  return fail(errc::io, path + " cannot be written: " + std::strerror(errno));
}
tl::unexpected<error> is_there(const std::string& path) {
  return fail(errc::conflict, path + " is there already; --force replaces it");
}

// What comes from a node must not lead out of the directory.
std::string as_name(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c == '/' || static_cast<unsigned char>(c) < ' ') c = '_';
  return out;
}

}  // namespace

std::string result_name(std::string_view input, std::string_view output, std::string_view key, bool single) {
  std::string name = std::filesystem::path(input).stem().string();
  if (!single) name += "-" + as_name(output);
  const auto slash = key.rfind('/');
  const auto dot = key.rfind('.');
  if (dot != std::string_view::npos && (slash == std::string_view::npos || dot > slash))
    name += as_name(key.substr(dot));
  return name;
}

result<result_file> result_file::create(const std::string& path, bool replace) {
  static std::atomic<unsigned> count = 0;
  if (!replace && ::access(path.c_str(), F_OK) == 0) return is_there(path);
  const std::filesystem::path whole(path);
  const std::string part =
      (whole.parent_path() / ("." + whole.filename().string() + "." + std::to_string(::getpid()) + "." +
                              std::to_string(count++) + ".part"))
          .string();
  const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0) return refused(path);
  return result_file(path, part, fd, replace);
}

result_file::result_file(std::string path, std::string part, int fd, bool replace)
    : path_(std::move(path)), part_(std::move(part)), fd_(fd), replace_(replace) {}

result_file::result_file(result_file&& other) noexcept
    : path_(std::move(other.path_)),
      part_(std::move(other.part_)),
      problem_(std::move(other.problem_)),
      fd_(std::exchange(other.fd_, -1)),
      replace_(other.replace_) {
  other.part_.clear();
}

result_file::~result_file() {
  if (fd_ >= 0) ::close(fd_);
  if (!part_.empty()) ::unlink(part_.c_str());
}

bool result_file::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      problem_ = refused(path_).value().detail;
      return false;
    }
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

result<void> result_file::finish() {
  // Some file systems tell of a full disk only here.
  if (::close(std::exchange(fd_, -1)) != 0) return refused(path_);
  if (replace_) {
    if (std::rename(part_.c_str(), path_.c_str()) != 0) return refused(path_);
    part_.clear();
    return {};
  }
  // Unlike rename, link never takes the place of a file that came meanwhile; the destructor takes the other
  // name away.
  if (::link(part_.c_str(), path_.c_str()) == 0) return {};
  return errno == EEXIST ? is_there(path_) : refused(path_);
}

}  // namespace dip::cli
