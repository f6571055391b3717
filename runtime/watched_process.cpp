#include "runtime/watched_process.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

// glibc 2.36's does not say so itself.
extern "C" {
#include <sys/pidfd.h>
}

namespace dip {
namespace {

// posix_spawn's two structs, freed.
struct spawn_plan {
  posix_spawn_file_actions_t files = {};
  posix_spawnattr_t how = {};

  spawn_plan(const std::string& directory, const std::string& log) {
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addchdir_np(&files, directory.c_str());
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    // Appending, so that what is cut off in front of it does not leave a hole (node_log.hpp).
    ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                       0640);
    ::posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    // What a shell left open is not for a process that stays: somebody may wait for its end.
    ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
    ::posix_spawnattr_init(&how);
    sigset_t signals;
    sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&how, &signals);
    sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&how, &signals);
    ::posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
  }
  ~spawn_plan() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&how);
  }
  spawn_plan(const spawn_plan&) = delete;
  spawn_plan& operator=(const spawn_plan&) = delete;
};

std::string signal_name(int number) {
  const char* name = ::sigabbrev_np(number);
  return name ? std::string("SIG") + name : "signal " + std::to_string(number);
}

}  // namespace

std::optional<std::uint64_t> start_ticks_of(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string text{std::istreambuf_iterator<char>(in), {}};
  // proc(5): the second field is the program's name, in parentheses, with any characters in it; this is the
  // 22nd.
  const auto name_ends = text.rfind(')');
  if (name_ends == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_ends + 1));
  std::string skipped, state;
  fields >> state;
  for (int i = 4; i < 22; ++i) fields >> skipped;
  std::uint64_t ticks = 0;
  if (!(fields >> ticks) || state == "Z" || state == "X") return std::nullopt;
  return ticks;
}

std::string boot_id() {
  std::ifstream in("/proc/sys/kernel/random/boot_id");
  std::string id;
  in >> id;
  return id;
}

result<watched_process> watched_process::start(const std::vector<std::string>& words,
                                               const std::string& directory, const std::string& log) {
  const spawn_plan plan(directory, log);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const auto& w : words) arguments.push_back(const_cast<char*>(w.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = 0;
  if (const int problem =
          ::posix_spawn(&pid, arguments[0], &plan.files, &plan.how, arguments.data(), ::environ);
      problem != 0)
    return fail(errc::io, words[0] + " cannot be started in " + directory + ": " + std::strerror(problem));
  // A child that ended already is a zombie until it is waited for: the pid is still its own.
  const int fd = ::pidfd_open(pid, 0);
  if (fd < 0) return fail(errc::io, std::string("no descriptor of a process: ") + std::strerror(errno));
  return watched_process(pid, start_ticks_of(pid).value_or(0), fd);
}

std::optional<watched_process> watched_process::find(pid_t pid, std::uint64_t start_ticks) {
  if (pid <= 0) return std::nullopt;
  const int fd = ::pidfd_open(pid, 0);
  if (fd < 0) return std::nullopt;
  watched_process found(pid, start_ticks, fd);
  // In this order: from here on the descriptor is that process, whatever becomes of its number.
  if (start_ticks_of(pid) != start_ticks) return std::nullopt;
  return found;
}

watched_process::watched_process(watched_process&& other) noexcept
    : pid_(other.pid_), start_ticks_(other.start_ticks_), fd_(std::exchange(other.fd_, -1)) {}

watched_process& watched_process::operator=(watched_process&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(start_ticks_, other.start_ticks_);
  std::swap(fd_, other.fd_);
  return *this;
}

watched_process::~watched_process() {
  if (fd_ >= 0) ::close(fd_);
}

void watched_process::send(int signal) const { (void)::pidfd_send_signal(fd_, signal, nullptr, 0); }

bool watched_process::wait_for_end(int timeout_ms) const {
  pollfd ending{fd_, POLLIN, 0};
  return ::poll(&ending, 1, timeout_ms) == 1;
}

std::optional<watched_process::end> watched_process::ended() const {
  if (!wait_for_end(0)) return std::nullopt;
  siginfo_t how{};
  if (::waitid(P_PIDFD, static_cast<id_t>(fd_), &how, WEXITED | WNOHANG) != 0 || how.si_pid == 0)
    return end{false, "ended"};
  if (how.si_code != CLD_EXITED) return end{false, "was ended by " + signal_name(how.si_status)};
  return end{how.si_status == 0, "ended with " + std::to_string(how.si_status)};
}

}  // namespace dip
