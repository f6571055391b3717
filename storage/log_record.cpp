#include "storage/log_record.hpp"

#include <utility>

#include <xxhash.h>

#include "storage/keys.hpp"

namespace dip {

std::uint64_t chain(std::uint64_t before, std::string_view payload) {
  return chained_record(before, payload).first;
}

std::pair<std::uint64_t, std::string> chained_record(std::uint64_t before, std::string_view payload) {
  std::string bytes;
  bytes.reserve(8 + payload.size());
  keys::append_number(bytes, before, 8);
  bytes.append(payload);
  const auto checksum = XXH3_64bits(bytes.data(), bytes.size());
  // What was hashed is the record, but for its first bytes.
  std::string head;
  keys::append_number(head, checksum, 8);
  bytes.replace(0, 8, head);
  return {checksum, std::move(bytes)};
}

std::string to_bytes(const log_record& r) {
  std::string out;
  keys::append_number(out, r.checksum, 8);
  return out.append(r.payload);
}

result<log_record> parse_record(std::string_view bytes, std::uint64_t before) {
  if (bytes.size() < 8) return fail(errc::corrupt, "a log record that is cut off");
  log_record r{keys::read_number(bytes.substr(0, 8)), std::string{bytes.substr(8)}};
  if (r.checksum != chain(before, r.payload))
    return fail(errc::corrupt, "the log's chain of checksums breaks");
  return r;
}

}  // namespace dip
