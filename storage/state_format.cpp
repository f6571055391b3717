#include "storage/state_format.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <unistd.h>

namespace dip {
namespace {

constexpr int format_version = 2;

std::string path_in(const std::string& directory) { return directory + "/FORMAT"; }

tl::unexpected<error> io_error(const std::string& path) {
  return fail(errno == ENOSPC ? errc::disk_full : errc::io, path + ": " + std::strerror(errno));
}

result<void> sync_path(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_error(path);
  result<void> out;
  if (::fsync(fd) != 0) out = io_error(path);
  ::close(fd);
  return out;
}

}  // namespace

result<bool> check_format(const std::string& directory, std::uint16_t partitions) {
  const auto path = path_in(directory);
  std::error_code bad;
  if (!std::filesystem::exists(path, bad)) {
    if (bad) return fail(errc::io, path + ": " + bad.message());
    return false;
  }
  std::ifstream in{path};
  std::string word;
  int version = 0;
  unsigned there = 0;
  if (!(in >> word >> version)) return fail(errc::corrupt, path + " cannot be read");
  if (version < format_version)
    return fail(errc::conflict, directory + " was made by an earlier dip (format " + std::to_string(version) +
                                    "; this one has " + std::to_string(format_version) +
                                    "): let that one finish its work, and start this one on an empty data "
                                    "directory");
  if (version != format_version)
    return fail(errc::conflict,
                "the data is of format " + std::to_string(version) + ", which this dip does not know");
  if (!(in >> word >> there)) return fail(errc::corrupt, path + " cannot be read");
  if (there != partitions)
    return fail(errc::conflict, "the data has " + std::to_string(there) +
                                    " partitions and cluster.partitions says " + std::to_string(partitions) +
                                    ": it is fixed at the first start");
  return true;
}

result<void> write_format(const std::string& directory, std::uint16_t partitions) {
  const auto path = path_in(directory), fresh = path + ".new";
  {
    std::ofstream out{fresh};
    out << "dip " << format_version << "\npartitions " << partitions << '\n';
    out.flush();
    if (!out) return io_error(fresh);
  }
  if (auto synced = sync_path(fresh); !synced) return synced;
  if (::rename(fresh.c_str(), path.c_str()) != 0) return io_error(path);
  return sync_path(directory);
}

}  // namespace dip
