#include "runtime/cluster_place.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace dip {
namespace {

namespace fs = std::filesystem;

}  // namespace

std::string cluster_place::lock_file() const { return directory + "/supervisor.pid"; }
std::string cluster_place::names_file() const { return directory + "/nodes.json"; }
std::string cluster_place::state_file() const { return directory + "/state.json"; }
std::string cluster_place::supervisor_log() const { return directory + "/supervisor.log"; }
// A node may be called "supervisor".
std::string cluster_place::log_of(const std::string& node) const {
  return directory + "/logs/" + node + ".log";
}

std::string own_program() {
  std::error_code failed;
  auto path = fs::read_symlink("/proc/self/exe", failed).string();
  constexpr std::string_view gone = " (deleted)";
  if (path.size() > gone.size() && path.ends_with(gone)) path.resize(path.size() - gone.size());
  return path;
}

result<cluster_place> find_place(const std::string& config_file, const launch_config& launch) {
  std::error_code failed;
  const auto config = fs::canonical(config_file, failed);
  if (failed) return fail(errc::not_found, config_file + " cannot be read: " + failed.message());
  const auto home = config.parent_path();
  cluster_place out;
  out.config = config.string();
  out.home = home.string();
  out.directory = (home / launch.directory).lexically_normal().string();
  out.program = launch.program.empty() ? own_program() : (home / launch.program).lexically_normal().string();
  out.log_size = launch.log_size;
  return out;
}

result<void> replace_file(const std::string& path, const std::string& text) {
  // Two may do it at once.
  const std::string fresh = path + "." + std::to_string(::getpid());
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  const bool written = fd >= 0 &&
                       ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0;
  int problem = errno;
  if (fd >= 0) ::close(fd);
  if (written && ::rename(fresh.c_str(), path.c_str()) == 0) return {};
  if (written) problem = errno;
  return fail(errc::io, path + " cannot be written: " + std::strerror(problem));
}

}  // namespace dip
