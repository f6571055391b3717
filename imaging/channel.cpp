#include "imaging/channel.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>

namespace dip {
namespace {

using std::chrono::steady_clock;

tl::unexpected<error> system_failure(const char* what, int number) {
  return fail(errc::io, std::string{what} + ": " + std::generic_category().message(number));
}

// The kernel doubles what is asked for, and refuses a message that does not fit in the whole.
void widen(int socket) {
  const int bytes = static_cast<int>(message_limit);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

std::vector<descriptor> take_descriptors(msghdr& header) {
  std::vector<descriptor> taken;
  for (auto* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      taken.emplace_back(fd);
    }
  }
  return taken;
}

result<void> wait_readable(int socket, milliseconds within) {
  const auto end = steady_clock::now() + within;
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now()).count();
    pollfd one{socket, POLLIN, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return system_failure("poll", errno);
    if (ready == 0 && left <= 3'600'000) return fail(errc::timeout, "no answer in time");
  }
}

}  // namespace

result<std::pair<descriptor, descriptor>> make_channel() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return system_failure("socketpair", errno);
  for (const int end : ends) widen(end);
  return std::pair{descriptor{ends[0]}, descriptor{ends[1]}};
}

result<void> send_message(int socket, std::string_view bytes, std::span<const int> descriptors) {
  if (bytes.empty() || bytes.size() > message_limit) return fail(errc::too_large, "a message over its limit");
  if (descriptors.size() > descriptor_limit) return fail(errc::too_large, "too many files for one job");
  iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * descriptor_limit)> control{};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  if (!descriptors.empty()) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
    auto* part = CMSG_FIRSTHDR(&header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(descriptors.size_bytes());
    std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size_bytes());
  }
  // Not waiting: one message is under way in each direction at most, so a full buffer is a peer gone wrong.
  while (::sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    if (errno != EINTR) return system_failure("sendmsg", errno);
  return {};
}

result<std::optional<message>> receive_message(int socket, std::optional<milliseconds> within) {
  if (within)
    if (auto ready = wait_readable(socket, *within); !ready) return tl::unexpected{ready.error()};
  const auto buffer = std::make_unique_for_overwrite<char[]>(message_limit);
  iovec piece{buffer.get(), message_limit};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * descriptor_limit)> control{};
  msghdr header{};
  header.msg_iov = &piece;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t count = 0;
  while ((count = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC)) < 0) {
    if (errno == ECONNRESET) return std::optional<message>{};
    if (errno != EINTR) return system_failure("recvmsg", errno);
  }
  // Taken before anything is judged, so that whatever came is closed.
  message got{.bytes = {}, .descriptors = take_descriptors(header)};
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
    return fail(errc::corrupt, "a message over its limit");
  if (count == 0) return std::optional<message>{};
  got.bytes.assign(buffer.get(), static_cast<size_t>(count));
  return std::optional<message>{std::move(got)};
}

}  // namespace dip
