#include "imaging/codec/zygote.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <string>
#include <system_error>

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/codec.hpp"
#include "imaging/channel.hpp"
#include "imaging/codec/child.hpp"
#include "imaging/codec/library.hpp"
#include "imaging/codec/source.hpp"

namespace dip::pixels {
namespace {

struct forked {
  pid_t pid = 0;
  descriptor socket;
  descriptor handle;  // pidfd
};

// The zygote's own descriptors are close-on-exec, and nothing is exec'ed: they are closed by number.
[[noreturn]] void be_child(descriptor socket, pid_t parent, const protocol::child_bounds& bounds,
                           const walls& around) {
  if (::dup2(socket.get(), protocol::zygote_socket) < 0) ::_exit(EXIT_FAILURE);
  if (::close_range(protocol::zygote_socket + 1, UINT_MAX, 0) != 0) ::_exit(EXIT_FAILURE);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (!confine(parent, bounds, around)) ::_exit(EXIT_FAILURE);
  serve(descriptor{protocol::zygote_socket});
  ::_exit(EXIT_SUCCESS);
}

result<forked> fork_child(const protocol::child_bounds& bounds, const walls& around) {
  auto channel = make_channel();
  if (!channel) return tl::unexpected{channel.error()};
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail(errc::io, "fork: " + std::generic_category().message(errno));
  if (pid == 0) be_child(std::move(channel->second), parent, bounds, around);
  // Before it is reaped, so that the id is still its own.
  descriptor handle{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!handle) {
    const int number = errno;
    ::kill(pid, SIGKILL);
    return fail(errc::io, "pidfd_open: " + std::generic_category().message(number));
  }
  return forked{pid, std::move(channel->first), std::move(handle)};
}

// False when the other end cannot be answered any more.
bool answer(const message& from, const walls& around) {
  protocol::fork_reply reply;
  reply.libvips = library_version();
  reply.libraries = codec_libraries();
  reply.missing = around.missing;
  for (const auto& spec : format_table()) {
    if (can_read(spec.format)) reply.formats.add_reading(spec.format);
    if (can_write(spec.format)) reply.formats.add_writing(spec.format);
  }
  const auto request = decode<protocol::fork_request>(from.bytes);
  if (!request || request->protocol != protocol::version) {
    reply.detail = "dip and dip-codec are not of one version";
    return send_message(protocol::zygote_socket, encode(reply), {}).has_value();
  }
  const auto child = fork_child(request->bounds, around);
  if (!child) {
    reply.detail = child.error().detail;
    return send_message(protocol::zygote_socket, encode(reply), {}).has_value();
  }
  reply.pid = child->pid;
  const std::array descriptors{child->socket.get(), child->handle.get()};
  return send_message(protocol::zygote_socket, encode(reply), descriptors).has_value();
}

descriptor watch_children() {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &children, nullptr);
  return descriptor{::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK)};
}

void reap(int signals) {
  signalfd_siginfo drained{};
  while (::read(signals, &drained, sizeof drained) > 0) {
  }
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

}  // namespace

int run_zygote(const char* program) {
  ::close_range(protocol::zygote_socket + 1, UINT_MAX, 0);
  if (!start_library(program) || !silence()) return EXIT_FAILURE;
  const auto around = build_walls();
  const auto signals = watch_children();
  for (;;) {
    std::array<pollfd, 2> watched{{{protocol::zygote_socket, POLLIN, 0}, {signals.get(), POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return EXIT_FAILURE;
    if (watched[1].revents != 0) reap(signals.get());
    if (watched[0].revents == 0) continue;
    const auto got = receive_message(protocol::zygote_socket, std::nullopt);
    if (!got) return EXIT_FAILURE;
    if (!*got) return EXIT_SUCCESS;
    if (!answer(**got, around)) return EXIT_FAILURE;
  }
}

}  // namespace dip::pixels
