#include "storage/high_water.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include "core/codec.hpp"
#include "storage/keys.hpp"

namespace dip {
namespace {

constexpr off_t slot_size = 32 * 1024;

struct slot_row {
  std::uint64_t sequence = 0;
  std::vector<high_water_mark> marks;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.sequence, s.marks);
  }
};

tl::unexpected<error> io_error(const std::string& what) {
  return fail(errc::io, what + ": " + std::strerror(errno));
}

// checksum (8), length (4), record
std::string slot_bytes(const slot_row& row) {
  const auto record = encode(row);
  std::string out;
  keys::append_number(out, XXH3_64bits(record.data(), record.size()), 8);
  keys::append_number(out, record.size(), 4);
  return out.append(record);
}

std::optional<slot_row> read_slot(int fd, off_t at) {
  std::string bytes(static_cast<size_t>(slot_size), '\0');
  const auto got = ::pread(fd, bytes.data(), bytes.size(), at);
  if (got < 12) return std::nullopt;
  const std::string_view all{bytes.data(), static_cast<size_t>(got)};
  const auto length = keys::read_number(all.substr(8, 4));
  if (length > all.size() - 12) return std::nullopt;
  const auto record = all.substr(12, length);
  if (XXH3_64bits(record.data(), record.size()) != keys::read_number(all.substr(0, 8))) return std::nullopt;
  auto row = decode<slot_row>(record);
  if (!row) return std::nullopt;
  return std::move(*row);
}

}  // namespace

result<std::unique_ptr<high_water_file>> high_water_file::make(const std::string& path,
                                                               std::uint16_t partitions) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) return io_error(path);
  std::unique_ptr<high_water_file> file{new high_water_file(fd)};
  if (auto written = file->write(std::vector<high_water_mark>(partitions)); !written)
    return tl::make_unexpected(written.error());
  return file;
}

result<std::unique_ptr<high_water_file>> high_water_file::open(const std::string& path,
                                                               std::uint16_t partitions) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT)
    return fail(errc::corrupt, "the file of high-water marks is missing: " + path);
  if (fd < 0) return io_error(path);
  std::unique_ptr<high_water_file> file{new high_water_file(fd)};
  if (auto loaded = file->load(partitions); !loaded) return tl::make_unexpected(loaded.error());
  return file;
}

high_water_file::~high_water_file() { ::close(fd_); }

result<void> high_water_file::load(std::uint16_t partitions) {
  std::optional<slot_row> best;
  for (const off_t at : {off_t{0}, slot_size})
    if (auto row = read_slot(fd_, at); row && (!best || row->sequence > best->sequence))
      best = std::move(row);
  if (!best || best->marks.size() != partitions)
    return fail(errc::corrupt, "the file of high-water marks is damaged");
  sequence_ = best->sequence;
  marks_ = std::move(best->marks);
  return {};
}

result<void> high_water_file::write(std::vector<high_water_mark> marks) {
  marks_ = std::move(marks);
  ++sequence_;
  const auto bytes = slot_bytes({sequence_, marks_});
  const auto at = static_cast<off_t>(sequence_ % 2) * slot_size;
  if (::pwrite(fd_, bytes.data(), bytes.size(), at) != static_cast<ssize_t>(bytes.size()))
    return io_error("high-water marks");
  if (::fdatasync(fd_) != 0) return io_error("high-water marks");
  return {};
}

}  // namespace dip
