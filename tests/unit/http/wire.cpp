#include "tests/unit/http/wire.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace dip::http::test {
namespace {

sockaddr_storage address(const std::string& host, std::uint16_t port, socklen_t& size) {
  sockaddr_storage out{};
  if (host.find(':') != std::string::npos) {
    auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    ::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr);
    size = sizeof v6;
  } else {
    auto& v4 = reinterpret_cast<sockaddr_in&>(out);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    ::inet_pton(AF_INET, host.c_str(), &v4.sin_addr);
    size = sizeof v4;
  }
  return out;
}

}  // namespace

std::string reply::header(std::string_view name) const {
  std::string out;
  for (const auto& [key, value] : headers)
    if (equal_ignoring_case(key, name)) out += (out.empty() ? "" : ", ") + value;
  return out;
}

bool reply::has(std::string_view name) const {
  return std::ranges::any_of(headers,
                             [&](const name_value& h) { return equal_ignoring_case(h.first, name); });
}

wire::wire(std::uint16_t port, const std::string& host) {
  socklen_t size = 0;
  const auto to = address(host, port, size);
  descriptor_ = ::socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), size) != 0) {
    close();
    throw std::runtime_error("cannot connect");
  }
}

wire::~wire() { close(); }

void wire::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

bool wire::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

bool wire::fill() {
  char piece[64 * 1024];
  const auto count = ::recv(descriptor_, piece, sizeof piece, 0);
  if (count <= 0) return false;
  buffer_.append(piece, static_cast<size_t>(count));
  return true;
}

reply wire::receive(bool headless) {
  reply out;
  size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
    if (!fill()) return out;
  const auto head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  out.status = std::stoi(head.substr(head.find(' ') + 1));
  for (auto at = head.find("\r\n") + 2; at < head.size();) {
    const auto line = head.substr(at, head.find("\r\n", at) - at);
    at += line.size() + 2;
    out.headers.emplace_back(line.substr(0, line.find(':')), line.substr(line.find(':') + 2));
  }
  const auto announced = out.header("Content-Length");
  const size_t length = headless || announced.empty() ? 0 : std::stoul(announced);
  while (buffer_.size() < length && fill()) {
  }
  out.whole = buffer_.size() >= length;
  out.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return out;
}

std::string wire::receive_until(std::string_view text) {
  size_t at = 0;
  while ((at = buffer_.find(text)) == std::string::npos)
    if (!fill()) return std::exchange(buffer_, {});
  auto out = buffer_.substr(0, at + text.size());
  buffer_.erase(0, out.size());
  return out;
}

bool wire::closed() { return buffer_.empty() && !fill(); }

}  // namespace dip::http::test
