#include "core/ids.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <sys/random.h>

namespace dip {
namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void fill_random(std::uint8_t* out, size_t count) {
  while (count > 0) {
    const auto got = ::getrandom(out, count, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category(), "getrandom");
    out += got;
    count -= static_cast<size_t>(got);
  }
}

// The system is asked for many at once: an id is made for each HTTP request.
void take_random(std::uint8_t* out, size_t count) {
  thread_local std::array<std::uint8_t, 256> stock;
  thread_local size_t left = 0;
  if (left < count) {
    fill_random(stock.data(), stock.size());
    left = stock.size();
  }
  left -= count;
  std::copy_n(stock.data() + left, count, out);
}

}  // namespace

ulid ulid::make(wall_time at, partition_id partition) {
  ulid id;
  const auto ms = static_cast<std::uint64_t>(at.time_since_epoch().count());
  for (size_t i = 0; i < 6; ++i) id.bytes_[i] = static_cast<std::uint8_t>(ms >> (8 * (5 - i)));
  take_random(id.bytes_.data() + 6, 10);
  id.bytes_[14] = static_cast<std::uint8_t>((id.bytes_[14] & 0xfc) | ((partition.value >> 8) & 0x03));
  id.bytes_[15] = static_cast<std::uint8_t>(partition.value);
  return id;
}

result<ulid> ulid::parse(std::string_view text) {
  if (text.size() != text_size || text.front() > '7')
    return fail(errc::bad_request, "not an id of 26 characters");
  ulid id;
  unsigned buffer = 0;
  int bits = -2;  // 26 × 5 bits are two more than 128: the first character's upper two are zero
  size_t at = 0;
  for (char c : text) {
    const auto digit = alphabet.find(c);
    if (digit == std::string_view::npos) return fail(errc::bad_request, "not an id of 26 characters");
    buffer = (buffer << 5) | static_cast<unsigned>(digit);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      id.bytes_[at++] = static_cast<std::uint8_t>(buffer >> bits);
      buffer &= (1U << bits) - 1;
    }
  }
  return id;
}

ulid ulid::from_bytes(std::string_view sixteen) {
  ulid id;
  for (size_t i = 0; i < size && i < sixteen.size(); ++i)
    id.bytes_[i] = static_cast<std::uint8_t>(sixteen[i]);
  return id;
}

std::string ulid::text() const {
  std::string out(text_size, '0');
  unsigned buffer = 0;
  int bits = 2;
  size_t at = 0;
  for (auto byte : bytes_) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out[at++] = alphabet[(buffer >> bits) & 31];
      buffer &= (1U << bits) - 1;
    }
  }
  return out;
}

wall_time ulid::time() const {
  std::uint64_t ms = 0;
  for (size_t i = 0; i < 6; ++i) ms = (ms << 8) | bytes_[i];
  return wall_time{milliseconds{static_cast<std::int64_t>(ms)}};
}

partition_id ulid::partition() const {
  return {static_cast<std::uint16_t>(((bytes_[14] & 0x03U) << 8) | bytes_[15])};
}

}  // namespace dip
