#include "bench/micro/sharp_process.hpp"

#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace dip::bench {
namespace {

[[noreturn]] void be_node(int socket, const std::filesystem::path& photo) {
  if (::dup2(socket, STDIN_FILENO) >= 0 && ::dup2(socket, STDOUT_FILENO) >= 0 && ::chdir(DIP_SHARP) == 0)
    ::execlp("node", "node", DIP_SHARP_SCRIPT, photo.c_str(), nullptr);
  ::_exit(EXIT_FAILURE);
}

}  // namespace

sharp_process::sharp_process(const std::filesystem::path& photo) {
  if (!std::filesystem::exists(DIP_SHARP)) return;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return;
  pid_ = ::fork();
  if (pid_ == 0) be_node(ends[1], photo);
  ::close(ends[1]);
  socket_ = ends[0];
  version_ = line();
}

sharp_process::~sharp_process() {
  if (socket_ >= 0) ::close(socket_);  // the end of its input is its own
  if (pid_ > 0)
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

double sharp_process::resize() {
  const auto answer = ::send(socket_, "one\n", 4, MSG_NOSIGNAL) == 4 ? line() : std::string{};
  if (answer.empty()) throw std::runtime_error{"sharp does not answer"};
  return std::strtod(answer.c_str(), nullptr);
}

std::string sharp_process::line() {
  std::string out;
  for (char c = 0; ::read(socket_, &c, 1) == 1 && c != '\n';) out.push_back(c);
  return out;
}

}  // namespace dip::bench
