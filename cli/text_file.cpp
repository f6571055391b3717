#include "cli/text_file.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "core/text.hpp"

namespace dip {

result<std::string> read_text_file(const std::string& path) {
  const auto refuse = [&](int number) {
    return fail(errc::not_found, printable(path) + " cannot be read: " + std::strerror(number));
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return refuse(errno);
  std::string text;
  std::array<char, 16 * 1024> piece{};
  ssize_t got = 0;
  while ((got = ::read(fd, piece.data(), piece.size())) > 0)
    text.append(piece.data(), static_cast<size_t>(got));
  const int number = errno;
  ::close(fd);
  if (got < 0) return refuse(number);
  return text;
}

}  // namespace dip
