#include "bench/load/node_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/mix/figures.hpp"
#include "imaging/descriptor.hpp"
#include "net/http_client.hpp"

namespace dip::bench {
namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto patience = 60s;

std::uint16_t free_port() {
  const descriptor s{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (::bind(s.get(), reinterpret_cast<sockaddr*>(&at), size) != 0 ||
      ::getsockname(s.get(), reinterpret_cast<sockaddr*>(&at), &size) != 0)
    throw std::runtime_error{"no port is free"};
  return ntohs(at.sin_port);
}

std::string text_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

// What proc_pid_stat(5) calls the fields after the name, from "state", the third.
std::optional<std::vector<std::string>> stat_of(pid_t pid) {
  const auto text = text_of("/proc/" + std::to_string(pid) + "/stat");
  const auto name_end = text.rfind(')');
  if (name_end == text.npos) return std::nullopt;
  std::istringstream rest{text.substr(name_end + 1)};
  std::vector<std::string> fields;
  for (std::string word; rest >> word;) fields.push_back(word);
  if (fields.size() < 15) return std::nullopt;
  return fields;
}

pid_t parent_of(const std::vector<std::string>& stat) { return std::stoi(stat[1]); }

// cutime and cstime: of children that have ended and were waited for.
double ended_children_ms(const std::vector<std::string>& stat) {
  return (std::stod(stat[13]) + std::stod(stat[14])) * 1e3 / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

double resident_mib(pid_t pid) {
  std::istringstream status{text_of("/proc/" + std::to_string(pid) + "/status")};
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

pid_t spawn(const std::string& program, const std::string& config, const std::filesystem::path& log) {
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
  ::posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  const std::array words{const_cast<char*>(program.c_str()), const_cast<char*>("serve"),
                         const_cast<char*>("--config"), const_cast<char*>(config.c_str()),
                         static_cast<char*>(nullptr)};
  pid_t pid = 0;
  const int number = ::posix_spawn(&pid, program.c_str(), &files, nullptr, words.data(), ::environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (number != 0) throw std::runtime_error{program + " cannot be started"};
  return pid;
}

}  // namespace

scratch_folder::scratch_folder() {
  auto name = (std::filesystem::temp_directory_path() / "dip-bench-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"a scratch folder could not be made"};
  path_ = name;
}

scratch_folder::~scratch_folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

node_process::node_process(const std::string& program, const std::filesystem::path& data)
    : log_(data.string() + ".log") {
  const auto port = free_port();
  url_ = "http://127.0.0.1:" + std::to_string(port);
  const auto config = data.string() + ".conf";
  std::ofstream{config} << "[[node]]\nname = \"n1\"\nhost = \"127.0.0.1\"\nhttp = " << port << "\ndata = \""
                        << data.string() << "\"\n";
  const auto began = steady_clock::now();
  pid_ = spawn(program, config, log_);
  net::http_client client;
  net::http_request ready;
  ready.url = url_ + "/readyz";
  for (;;) {
    const auto answer = client.perform(ready);
    const auto passed = steady_clock::now() - began;
    ready_ms_ = std::chrono::duration<double, std::milli>(passed).count();
    if (answer && answer->status == 200) return;
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_ || passed > patience) {
      ::kill(pid_, SIGKILL);
      throw std::runtime_error{"the node did not get ready:\n" + text_of(log_)};
    }
    std::this_thread::sleep_for(1ms);
  }
}

node_process::~node_process() {
  if (pid_ == 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void node_process::stop() {
  ::kill(pid_, SIGTERM);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = 0;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw std::runtime_error{"the node did not stop well:\n" + text_of(log_)};
}

std::vector<pid_t> node_process::family() const {
  std::map<pid_t, pid_t> parents;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != name.npos) continue;
    const pid_t pid = std::stoi(name);
    if (const auto stat = stat_of(pid)) parents[pid] = parent_of(*stat);
  }
  std::vector<pid_t> all{pid_};
  for (size_t i = 0; i < all.size(); ++i)
    for (const auto& [pid, parent] : parents)
      if (parent == all[i]) all.push_back(pid);
  return all;
}

use node_process::cpu() const {
  use spent;
  for (const pid_t pid : family()) {
    clockid_t of{};
    const auto stat = stat_of(pid);
    if (!stat || ::clock_getcpuclockid(pid, &of) != 0) continue;
    (pid == pid_ ? spent.dip : spent.codecs) += bench::cpu_ms(of) + ended_children_ms(*stat);
  }
  return spent;
}

use node_process::memory() const {
  use held;
  for (const pid_t pid : family()) (pid == pid_ ? held.dip : held.codecs) += resident_mib(pid);
  return held;
}

void node_process::wait_quiet() const {
  constexpr double quiet = 1.0;  // ms of CPU in the time below: its timers
  for (double before = cpu().all();;) {
    std::this_thread::sleep_for(50ms);
    const double now = cpu().all();
    if (now - before < quiet) return;
    before = now;
  }
}

}  // namespace dip::bench
