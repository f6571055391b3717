#include "tests/links/peer_process.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

#include <arpa/inet.h>
#include <catch2/catch_test_macros.hpp>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dip::test {
namespace {

using steady = std::chrono::steady_clock;
constexpr std::chrono::seconds patience{60};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  a.sin_port = htons(port);
  return a;
}

}  // namespace

peer_process::peer_process(std::vector<std::string> arguments)
    : child_([&] {
        arguments.insert(arguments.begin(), DIP_LINK_PEER);
        return arguments;
      }()) {}

void peer_process::tell(const std::string& line) {
  const auto bytes = line + "\n";
  REQUIRE(::write(child_.to, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
}

bool peer_process::read_more(int milliseconds) {
  pollfd p{child_.from, POLLIN, 0};
  if (::poll(&p, 1, milliseconds) <= 0) return false;
  char buffer[4096];
  const auto got = ::read(child_.from, buffer, sizeof buffer);
  if (got <= 0) return false;

  rest_.append(buffer, static_cast<std::size_t>(got));
  for (auto end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
    lines_.push_back(rest_.substr(0, end));
    if (!lines_.back().starts_with("status")) all_ += lines_.back() + "\n";
    rest_.erase(0, end + 1);
  }
  return true;
}

bool peer_process::said(const std::string& beginning) const {
  return std::any_of(lines_.begin(), lines_.end(), [&](const auto& l) { return l.starts_with(beginning); });
}

std::string peer_process::expect(const std::string& beginning) {
  const auto until = steady::now() + patience;
  std::size_t looked = 0;
  for (;;) {
    for (; looked < lines_.size(); ++looked) {
      if (!lines_[looked].starts_with(beginning)) continue;
      auto line = lines_[looked];
      lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(looked));
      return line;
    }
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - steady::now()).count();
    if (left <= 0 || !read_more(static_cast<int>(left))) {
      FAIL("no line begins with \"" << beginning << "\":\n" << all_);
    }
  }
}

std::string peer_process::await_status(const std::string& peer, const std::string& part) {
  const auto until = steady::now() + patience;
  for (;;) {
    tell("status " + peer);
    auto line = expect("status " + peer);
    if (line.find(part) != std::string::npos) return line;
    if (steady::now() > until) FAIL("the status never holds \"" << part << "\": " << line);
    ::poll(nullptr, 0, 10);
  }
}

std::string peer_process::ask(const std::string& peer, unsigned kind, std::size_t size, long within) {
  tell("ask " + peer + " " + std::to_string(kind) + " " + std::to_string(size) + " " +
       std::to_string(within));
  const auto head = "reply " + peer + " ";
  return expect(head).substr(head.size());
}

void peer_process::signal(int number) const { REQUIRE(::kill(child_.pid, number) == 0); }

int peer_process::end() {
  int status = 0;
  for (const auto until = steady::now() + patience; ::waitpid(child_.pid, &status, WNOHANG) == 0;
       ::poll(nullptr, 0, 5))
    if (steady::now() > until) FAIL("it does not end:\n" << all_);
  child_.pid = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::size_t peer_process::peak_memory() const {
  std::ifstream in("/proc/" + std::to_string(child_.pid) + "/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmHWM:")) return std::stoul(line.substr(6));
  return 0;
}

std::vector<std::string> peer_process::listening() const {
  const auto proc = "/proc/" + std::to_string(child_.pid);
  std::set<std::string> mine;
  for (const auto& entry : std::filesystem::directory_iterator(proc + "/fd")) {
    std::error_code gone;
    mine.insert(std::filesystem::read_symlink(entry.path(), gone).string());
  }
  std::vector<std::string> out;
  for (const std::string file : {"/net/tcp", "/net/tcp6"}) {
    std::ifstream in(proc + file);
    for (std::string line; std::getline(in, line);) {
      std::istringstream words{line};
      std::string slot, local, remote, state, skip, inode;
      words >> slot >> local >> remote >> state >> skip >> skip >> skip >> skip >> skip >> inode;
      if (state == "0A" && mine.contains("socket:[" + inode + "]")) out.push_back(local);
    }
  }
  return out;
}

silent_listener::silent_listener(bool full) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  auto a = loopback(0);
  socklen_t size = sizeof a;
  REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&a), size) == 0);
  REQUIRE(::listen(fd_, full ? 0 : 64) == 0);
  REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&a), &size) == 0);
  port_ = ntohs(a.sin_port);
  for (int i = 0; full && i < 4; ++i) {
    fillers_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    const int begun = ::connect(fillers_.back(), reinterpret_cast<sockaddr*>(&a), size);
    REQUIRE((begun == 0 || errno == EINPROGRESS));
  }
}

silent_listener::~silent_listener() {
  for (const int fd : fillers_) ::close(fd);
  ::close(fd_);
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(fd >= 0);
  const auto a = loopback(port);
  REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0);
  return fd;
}

std::string throw_at(std::uint16_t port, const std::string& bytes, int patience_ms) {
  const int fd = connect_to(port);
  (void)::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  std::string out;
  char buffer[4096];
  for (pollfd p{fd, POLLIN, 0}; ::poll(&p, 1, patience_ms) > 0;) {
    const auto got = ::read(fd, buffer, sizeof buffer);
    if (got <= 0) break;
    out.append(buffer, static_cast<std::size_t>(got));
  }
  ::close(fd);
  return out;
}

}  // namespace dip::test
