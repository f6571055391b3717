#include "imaging/fork_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <system_error>
#include <utility>

#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/codec.hpp"

namespace dip {
namespace {

using std::chrono::steady_clock;

// Loading libvips from a cold disk, on a machine that is busy.
constexpr milliseconds patience{30'000};

// A zygote can be killed while it starts or forks, as its children can: by an operator, or the kernel when
// memory is short. One that never answers is the program's own fault.
constexpr int most_starts = 5;

// What the zygote gets of our environment: none of our secrets, nothing that changes how libvips works.
constexpr std::array<const char*, 3> environment{"LC_ALL=C.UTF-8", "FONTCONFIG_PATH=/etc/fonts", nullptr};

bool has_ended(int handle) {
  pollfd one{handle, POLLIN, 0};
  return ::poll(&one, 1, 0) > 0;
}

// The zygote counts processes in a namespace of its own; what the kernel calls this one out here is said of
// its handle (proc_pid_fdinfo(5)).
pid_t id_of(const descriptor& handle, pid_t otherwise) {
  std::ifstream about{"/proc/self/fdinfo/" + std::to_string(handle.get())};
  for (std::string word; about >> word;)
    if (pid_t id = 0; word == "Pid:" && about >> id && id > 0) return id;
  return otherwise;
}

// posix_spawn with the socket as the zygote's descriptor 3, no signal blocked or ignored, and a group of its
// own: Ctrl-C in a terminal is for dip, which finishes its work first.
class spawning {
public:
  explicit spawning(int socket) {
    ::posix_spawn_file_actions_init(&files_);
    ::posix_spawn_file_actions_adddup2(&files_, socket, protocol::zygote_socket);
    ::posix_spawnattr_init(&how_);
    sigset_t signals;
    sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&how_, &signals);
    sigfillset(&signals);
    ::posix_spawnattr_setsigdefault(&how_, &signals);
    ::posix_spawnattr_setpgroup(&how_, 0);
    ::posix_spawnattr_setflags(&how_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  spawning(const spawning&) = delete;
  spawning& operator=(const spawning&) = delete;
  ~spawning() {
    ::posix_spawn_file_actions_destroy(&files_);
    ::posix_spawnattr_destroy(&how_);
  }

  // 0, or the error's number.
  int run(pid_t& pid, const std::string& program) {
    const std::array words{const_cast<char*>(program.c_str()), const_cast<char*>("--zygote"),
                           static_cast<char*>(nullptr)};
    return ::posix_spawn(&pid, program.c_str(), &files_, &how_, words.data(),
                         const_cast<char* const*>(environment.data()));
  }

private:
  posix_spawn_file_actions_t files_{};
  posix_spawnattr_t how_{};
};

}  // namespace

child_process::child_process(std::shared_ptr<fork_server> from, pid_t pid, descriptor socket,
                             descriptor handle)
    : from_(std::move(from)), pid_(pid), socket_(std::move(socket)), handle_(std::move(handle)) {
  from_->handles_[pid_] = handle_.get();
}

child_process::~child_process() {
  ::syscall(SYS_pidfd_send_signal, handle_.get(), SIGKILL, nullptr, 0);
  const std::lock_guard lock{from_->mutex_};
  const auto it = from_->handles_.find(pid_);
  if (it != from_->handles_.end() && it->second == handle_.get()) from_->handles_.erase(it);
}

fork_server::fork_server(std::string program, protocol::child_bounds bounds)
    : program_(std::move(program)), bounds_(bounds) {}

fork_server::~fork_server() { stop(); }

result<std::unique_ptr<child_process>> fork_server::fork() {
  const std::lock_guard lock{mutex_};
  const auto deadline = steady_clock::now() + patience;
  for (int starts = 0;;) {
    if (!socket_) {
      if (const auto started = start(); !started) return tl::unexpected{started.error()};
      ++starts;
    }
    auto child = ask(deadline);
    // A zygote that answers is left alone, whatever it says: its end is that of all children.
    if (child || socket_ || starts == most_starts || steady_clock::now() >= deadline) return child;
  }
}

std::vector<int> fork_server::children() const {
  const std::lock_guard lock{mutex_};
  std::vector<int> alive;
  for (const auto& [pid, handle] : handles_)
    if (!has_ended(handle)) alive.push_back(pid);
  return alive;
}

void fork_server::rest() {
  const std::lock_guard lock{mutex_};
  for (const auto& [pid, handle] : handles_)
    if (!has_ended(handle)) return;
  stop();
}

codec_program fork_server::program() const {
  const std::lock_guard lock{mutex_};
  return {program_.substr(program_.rfind('/') + 1), said_.libvips, said_.libraries};
}

std::string fork_server::missing_walls() const {
  const std::lock_guard lock{mutex_};
  return said_.missing;
}

format_set fork_server::formats() const {
  const std::lock_guard lock{mutex_};
  return said_.formats;
}

result<void> fork_server::start() {
  auto channel = make_channel();
  if (!channel) return tl::unexpected{channel.error()};
  if (const int number = spawning{channel->second.get()}.run(zygote_, program_); number != 0) {
    zygote_ = 0;
    return fail(errc::io, program_ + ": " + std::generic_category().message(number));
  }
  socket_ = std::move(channel->first);
  return {};
}

void fork_server::stop() {
  socket_.reset();
  if (zygote_ == 0) return;
  ::kill(zygote_, SIGKILL);
  while (::waitpid(zygote_, nullptr, 0) < 0 && errno == EINTR) {
  }
  zygote_ = 0;
}

result<message> fork_server::exchange(steady_time deadline) {
  const protocol::fork_request request{.protocol = protocol::version, .bounds = bounds_};
  if (const auto sent = send_message(socket_.get(), encode(request), {}); !sent)
    return tl::unexpected{sent.error()};
  const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
  auto got = receive_message(socket_.get(), std::max(left, milliseconds{0}));
  if (!got || !*got) return fail(errc::io, program_ + " does not answer");
  return std::move(**got);
}

result<std::unique_ptr<child_process>> fork_server::ask(steady_time deadline) {
  auto got = exchange(deadline);
  if (!got) {
    stop();
    return tl::unexpected{got.error()};
  }
  const auto reply = decode<protocol::fork_reply>(got->bytes);
  if (!reply || reply->protocol != protocol::version)
    return fail(errc::io, program_ + " is of another version");
  if (reply->pid <= 0 || got->descriptors.size() != 2) return fail(errc::io, program_ + ": " + reply->detail);
  said_ = *reply;
  auto& files = got->descriptors;
  return std::make_unique<child_process>(shared_from_this(), id_of(files[1], reply->pid), std::move(files[0]),
                                         std::move(files[1]));
}

}  // namespace dip
