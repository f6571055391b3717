// The keys of the tables: a partition's rows stand together, numbers are big-endian, so that order is
// meaning. docs/formats.md, "Tables".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "core/object.hpp"
#include "core/queue_message.hpp"

namespace dip::keys {

inline void append_number(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

inline std::uint64_t read_number(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = (value << 8) | static_cast<unsigned char>(c);
  return value;
}

inline std::string of_partition(partition_id p) {
  std::string out;
  append_number(out, p.value, 2);
  return out;
}

inline std::string of_index(partition_id p, log_index i) {
  auto out = of_partition(p);
  append_number(out, i.value, 8);
  return out;
}

inline std::string raw(const ulid& id) {
  return {reinterpret_cast<const char*>(id.bytes().data()), ulid::size};
}

inline std::string of_request(const request_id& id) { return of_partition(id.partition()) + raw(id.value); }

inline std::string of_bucket(partition_id p, bucket b) {
  auto out = of_partition(p);
  out.push_back(static_cast<char>(b));
  return out;
}

inline std::string of_object(const object_name& name) {
  return of_bucket(name.partition(), name.in) + name.key;
}

// The living and the dead letters of a queue stand apart.
inline std::string of_queue(partition_id p, queue_name q, bool dead) {
  auto out = of_partition(p);
  out.push_back(static_cast<char>(q));
  out.push_back(dead ? '\1' : '\0');
  return out;
}

inline std::string of_message(const message_ref& ref, bool dead) {
  auto out = of_queue(ref.partition, ref.queue, dead);
  append_number(out, ref.id.value, 8);
  return out;
}

inline std::string of_idempotency(partition_id p, std::string_view key) {
  return of_partition(p).append(key);
}

inline std::string of_caller(partition_id p, std::string_view name) { return of_partition(p).append(name); }

// What operators have set and done.
inline std::string of_pause(partition_id p, queue_name q) {
  return of_partition(p) + "p" + static_cast<char>(q);
}

inline std::string of_audits(partition_id p) { return of_partition(p) + "a"; }
inline std::string of_audit(partition_id p, const ulid& id) { return of_audits(p) + raw(id); }

inline std::string of_suppression(partition_id p, std::string_view address) {
  return of_partition(p).append(address);
}

}  // namespace dip::keys
