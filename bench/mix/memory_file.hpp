// A file without a name or a disk.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

#include "imaging/descriptor.hpp"

namespace dip::bench {

[[nodiscard]] inline descriptor memory_file(std::string_view bytes = {}) {
  descriptor file{::memfd_create("bench", MFD_CLOEXEC)};
  if (!file || ::pwrite(file.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error{"a file in memory could not be made"};
  return file;
}

[[nodiscard]] inline std::string bytes_of(const descriptor& file) {
  std::string bytes(static_cast<size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
  if (::pread(file.get(), bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error{"a file in memory could not be read"};
  return bytes;
}

}  // namespace dip::bench
