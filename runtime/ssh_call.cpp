#include "runtime/ssh_call.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dip {
namespace {

struct pipe_ends {
  std::array<int, 2> fds{-1, -1};
  pipe_ends() { (void)::pipe2(fds.data(), O_CLOEXEC); }
  ~pipe_ends() {
    close_writing();
    if (fds[0] >= 0) ::close(fds[0]);
  }
  pipe_ends(const pipe_ends&) = delete;
  pipe_ends& operator=(const pipe_ends&) = delete;
  void close_writing() {
    if (fds[1] >= 0) ::close(fds[1]);
    fds[1] = -1;
  }
};

result<pid_t> spawn(const std::vector<std::string>& words, int out, int err) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const auto& w : words) arguments.push_back(const_cast<char*>(w.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = 0;
  const int problem = ::posix_spawnp(&pid, arguments[0], &files, nullptr, arguments.data(), ::environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (problem != 0) return fail(errc::io, words[0] + " cannot be run: " + std::strerror(problem));
  return pid;
}

// Both until their ends: a full pipe that nobody reads would stop the command.
void read_both(int out, std::string& out_text, int err, std::string& err_text) {
  std::array<pollfd, 2> ends{{{out, POLLIN, 0}, {err, POLLIN, 0}}};
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {
    if (::poll(ends.data(), ends.size(), -1) < 0) continue;
    for (auto& e : ends) {
      if (e.fd < 0 || e.revents == 0) continue;
      std::array<char, 4096> piece{};
      const auto got = ::read(e.fd, piece.data(), piece.size());
      if (got > 0)
        (e.fd == out ? out_text : err_text).append(piece.data(), static_cast<size_t>(got));
      else
        e.fd = -1;
    }
  }
}

}  // namespace

std::string quoted(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words) {
    line += line.empty() ? "'" : " '";
    for (const char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += "'";
  }
  return line;
}

std::vector<std::string> ssh_words(const std::string& destination, const std::vector<std::string>& words) {
  return {"ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "--", destination, quoted(words)};
}

result<ssh_answer> call_over_ssh(const std::string& destination, const std::vector<std::string>& words) {
  pipe_ends out, err;
  const auto pid = spawn(ssh_words(destination, words), out.fds[1], err.fds[1]);
  if (!pid) return tl::make_unexpected(pid.error());
  out.close_writing();
  err.close_writing();
  ssh_answer answer;
  read_both(out.fds[0], answer.out, err.fds[0], answer.err);
  int status = 0;
  while (::waitpid(*pid, &status, 0) < 0 && errno == EINTR) {
  }
  answer.status = WIFEXITED(status) ? WEXITSTATUS(status) : ssh_failed;
  return answer;
}

}  // namespace dip
