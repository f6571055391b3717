// A Python program beside a test: it prints a line of JSON when it is ready, and ends when its standard input
// does.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace dip::test {

class python_child {
public:
  // `arguments[0]` is the script, from the repository's root, where tests run.
  explicit python_child(std::vector<std::string> arguments) {
    int in[2], out[2];
    if (::pipe(in) != 0 || ::pipe(out) != 0) throw std::runtime_error("no pipe");
    arguments.insert(arguments.begin(), "/usr/bin/python3");  // Debian's own, which has python3-aiosmtpd
    std::vector<char*> argv;
    for (auto& a : arguments) argv.push_back(a.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    ::posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    for (const int fd : {in[0], in[1], out[0], out[1]}) ::posix_spawn_file_actions_addclose(&actions, fd);
    const int failed = ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(in[0]);
    ::close(out[1]);
    to_ = in[1];
    from_ = out[0];
    if (failed != 0) throw std::runtime_error("python3 does not start");
    hello_ = nlohmann::json::parse(line());
  }
  ~python_child() {
    ::close(to_);
    ::close(from_);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  python_child(const python_child&) = delete;
  python_child& operator=(const python_child&) = delete;

  [[nodiscard]] const nlohmann::json& hello() const { return hello_; }
  // Waits for the child's next line.
  std::string line() {
    std::string text;
    char c = 0;
    while (::read(from_, &c, 1) == 1 && c != '\n') text += c;
    return text;
  }

private:
  pid_t pid_ = -1;
  int to_ = -1, from_ = -1;
  nlohmann::json hello_;
};

}  // namespace dip::test
