#include "cli/standard_output.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <unistd.h>

#include "cli/nameless_file.hpp"

namespace dip::cli {
namespace {

tl::unexpected<node_error> refused(const char* what) {
  return tl::make_unexpected(
      node_error{node_error::kind::local, std::string(what) + ": " + std::strerror(errno)});
}

}  // namespace

answer<void> pour_into_standard_output(node_api& api, const std::string& url) {
  const nameless_file file;
  if (file.fd() < 0) return refused("the temporary directory");
  bool written = true;
  const auto got = api.download(
      url, [&] { return ::ftruncate(file.fd(), 0) == 0 && ::lseek(file.fd(), 0, SEEK_SET) == 0; },
      [&](std::string_view bytes) { return written = write_all(file.fd(), bytes); });
  if (!written) return refused("the temporary directory");
  if (!got) return got;
  std::array<char, 65536> piece{};
  for (off_t at = 0;;) {
    const ssize_t count = ::pread(file.fd(), piece.data(), piece.size(), at);
    if (count == 0) return {};
    if (count < 0 || !write_all(STDOUT_FILENO, {piece.data(), static_cast<size_t>(count)}))
      return refused("standard output");
    at += count;
  }
}

}  // namespace dip::cli
