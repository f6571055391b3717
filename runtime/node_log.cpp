#include "runtime/node_log.hpp"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dip {
namespace {

constexpr off_t most_looked_at = 64 * 1024;

// From where it is to the end of the file as it is by then.
void copy_all(int from, int to) {
  std::array<char, 64 * 1024> piece{};
  for (;;) {
    const auto got = ::read(from, piece.data(), piece.size());
    if (got <= 0) return;
    if (::write(to, piece.data(), static_cast<size_t>(got)) != got) return;
  }
}

std::string end_of(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return {};
  struct stat facts{};
  std::string text;
  if (::fstat(fd, &facts) == 0) {
    const auto length = std::min(facts.st_size, most_looked_at);
    text.resize(static_cast<size_t>(length));
    const auto got = ::pread(fd, text.data(), text.size(), facts.st_size - length);
    text.resize(got > 0 ? static_cast<size_t>(got) : 0);
    if (length < facts.st_size) text.erase(0, std::min(text.size(), text.find('\n')) + 1);
  }
  ::close(fd);
  return text;
}

}  // namespace

void bound_log(const std::string& path, std::uint64_t most) {
  const int from = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (from < 0) return;
  struct stat facts{};
  if (::fstat(from, &facts) == 0 && static_cast<std::uint64_t>(facts.st_size) > most) {
    const int to = ::open((path + ".1").c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
    if (to >= 0) copy_all(from, to);
    if (to >= 0) ::close(to);
    (void)::ftruncate(from, 0);
  }
  ::close(from);
}

std::vector<std::string> last_lines(const std::string& path, size_t count) {
  std::vector<std::string> out;
  for (const auto& text : {end_of(path + ".1"), end_of(path)})
    for (size_t at = 0; at < text.size();) {
      const auto end = std::min(text.size(), text.find('\n', at));
      out.push_back(text.substr(at, end - at));
      at = end + 1;
    }
  if (out.size() > count) out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(count));
  return out;
}

}  // namespace dip
