// The client as a program, against a node that is a few lines of Python.
#pragma once

#include <algorithm>
#include <optional>
#include <sstream>

#include <catch2/catch_test_macros.hpp>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "net/http_client.hpp"
#include "tests/support/python_child.hpp"
#include "tests/support/scratch_dir.hpp"

namespace dip::test {

using nlohmann::json;

struct outcome {
  int code = -1;
  std::string out, err;
};

class client {
public:
  explicit client(std::vector<std::string> node_options = {})
      : node_(std::in_place, [&] {
          node_options.insert(node_options.begin(), "tests/support/fake_node.py");
          return node_options;
        }()) {
    set("DIP_URL", "http://127.0.0.1:" + std::to_string(node_->hello()["port"].get<int>()));
  }

  void set(const std::string& name, const std::string& value) { environment_.push_back(name + "=" + value); }

  pid_t start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), DIP_CLIENT);
    std::vector<char*> argv, envp;
    for (auto& a : arguments) argv.push_back(a.data());
    for (auto& e : environment_) envp.push_back(e.data());
    argv.push_back(nullptr);
    envp.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 1, (dir / "stdout").c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                       0600);
    ::posix_spawn_file_actions_addopen(&actions, 2, (dir / "stderr").c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                       0600);
    const std::string input = std::filesystem::exists(dir / "stdin") ? dir / "stdin" : "/dev/null";
    ::posix_spawn_file_actions_addopen(&actions, 0, input.c_str(), O_RDONLY, 0);
    pid_t pid = -1;
    const int failed = ::posix_spawn(&pid, DIP_CLIENT, &actions, nullptr, argv.data(), envp.data());
    ::posix_spawn_file_actions_destroy(&actions);
    REQUIRE(failed == 0);
    return pid;
  }

  void end_node() { node_.reset(); }
  // What the next commands read from their standard input.
  void send(std::string_view bytes) { dir.write("stdin", bytes); }
  [[nodiscard]] std::string url() const { return environment_.front().substr(8); }
  // Files in a directory of this test's, but hidden ones; 0 when there is none.
  [[nodiscard]] size_t results(std::string_view in) const {
    size_t count = 0;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(dir / in, none))
      count += entry.path().filename().string().front() != '.' ? 1 : 0;
    return count;
  }

  outcome finish(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(dir / "stdout"),
            read_file(dir / "stderr")};
  }

  outcome run(std::vector<std::string> arguments) { return finish(start(std::move(arguments))); }

  [[nodiscard]] json log() const {
    net::http_request request;
    request.url = url() + "/log";
    return json::parse(net::http_client().perform(request)->body);
  }

  // The calls of one kind so far.
  [[nodiscard]] size_t calls(const std::string& path) const {
    const auto all = log();
    return static_cast<size_t>(std::count_if(all.begin(), all.end(), [&](const json& c) {
      return c["path"].get<std::string>().substr(0, path.size()) == path;
    }));
  }

  const scratch_dir dir;

private:
  std::optional<python_child> node_;
  std::vector<std::string> environment_;
};

inline bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

inline std::vector<json> json_lines(const std::string& text) {
  std::vector<json> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(json::parse(line));
  return out;
}

// Exactly one line, and nothing that is meant for a terminal.
inline bool one_plain_line(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n') == 1 && text.back() == '\n' && !has(text, "\x1b");
}

}  // namespace dip::test
