#include "http/connection.hpp"

#include <cerrno>

#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dip::http {
namespace {

connection::step step_of(ssize_t count, connection::step_state would_block) {
  using state = connection::step_state;
  if (count > 0) return {state::done, static_cast<size_t>(count)};
  if (count == 0) return {state::ended, 0};
  return {errno == EAGAIN || errno == EWOULDBLOCK ? would_block : state::failed, 0};
}

}  // namespace

connection::~connection() { ::close(descriptor); }

connection::step connection::receive(std::span<char> out_bytes) {
  if (channel) return channel->read(out_bytes);
  ssize_t count = 0;
  do count = ::recv(descriptor, out_bytes.data(), out_bytes.size(), MSG_DONTWAIT);
  while (count < 0 && errno == EINTR);
  return step_of(count, step_state::wants_read);
}

connection::step connection::transmit(std::string_view bytes, bool more) {
  if (bytes.empty()) return {step_state::done, 0};
  if (channel) return channel->write(bytes);
  ssize_t count = 0;
  do
    count =
        ::send(descriptor, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0));
  while (count < 0 && errno == EINTR);
  return step_of(count, step_state::wants_write);
}

connection::step connection::transmit_file(int file, std::uint64_t offset, size_t count) {
  auto from = static_cast<off_t>(offset);
  ssize_t sent = 0;
  do sent = ::sendfile(descriptor, file, &from, count);
  while (sent < 0 && errno == EINTR);
  return step_of(sent, step_state::wants_write);
}

connection::step connection::flush(bool more) {
  step last{step_state::done, 0};
  size_t sent = 0;
  while (out_at < out.size()) {
    last = transmit(std::string_view{out}.substr(out_at), more);
    if (last.what != step_state::done) break;
    out_at += last.bytes;
    sent += last.bytes;
  }
  moved += sent;
  if (out_at == out.size()) {
    out.clear();
    out_at = 0;
  }
  return {last.what, sent};
}

bool connection::wait(step_state want, milliseconds patience) const {
  pollfd watched{descriptor, static_cast<short>(want == step_state::wants_write ? POLLOUT : POLLIN), 0};
  int ready = 0;
  do ready = ::poll(&watched, 1, static_cast<int>(patience.count()));
  while (ready < 0 && errno == EINTR);
  return ready > 0;
}

void connection::drop_received(size_t count) {
  in_at += count;
  if (in_at < in.size()) return;
  in.clear();
  in_at = 0;
}

void connection::give_back() {
  if (received().empty()) std::string{}.swap(in);
  if (out.empty()) std::string{}.swap(out);
}

void connection::close_sending() {
  if (channel) channel->close();
  ::shutdown(descriptor, SHUT_WR);
}

}  // namespace dip::http
