#include "imaging/codec/output.hpp"

#include <cerrno>
#include <system_error>

#include <unistd.h>

#include "imaging/codec/library.hpp"

namespace dip::pixels {

void write_all(int out, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(out, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int number = errno;
      throw refusal{number == ENOSPC || number == EDQUOT ? errc::disk_full : errc::io,
                    std::generic_category().message(number)};
    }
    bytes.remove_prefix(static_cast<size_t>(count));
  }
}

}  // namespace dip::pixels
