// The names of things. Each kind of id is a type of its own: one cannot be passed for another.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/errc.hpp"

namespace dip {

// One Raft group's share of the state; 0 to 1,023.
struct partition_id {
  using strong_id = void;
  std::uint16_t value = 0;
  auto operator<=>(const partition_id&) const = default;
};
inline constexpr std::uint16_t max_partitions = 1024;

// The term of a partition's leader (Raft dissertation, section 3.3), and the place of an entry in its log;
// both from 1.
struct term_number {
  using strong_id = void;
  std::uint64_t value = 0;
  auto operator<=>(const term_number&) const = default;
};
struct log_index {
  using strong_id = void;
  std::uint64_t value = 0;
  auto operator<=>(const log_index&) const = default;
};

// A replica's name in Raft: of a node and its incarnation, so that one which lost its data never comes back
// under a name that has voted. 0 is nobody.
struct node_id {
  using strong_id = void;
  std::uint64_t value = 0;
  auto operator<=>(const node_id&) const = default;
};

// A message's name and its place in line, in one partition: (index of the entry that made it << 8) + ordinal.
struct message_id {
  using strong_id = void;
  std::uint64_t value = 0;
  auto operator<=>(const message_id&) const = default;
};

// 26 characters of Crockford's base 32: 48 bits of milliseconds, 70 bits from the kernel's generator, 10 bits
// of partition. Sorts by time. Never incremented: a URL that holds one cannot be guessed.
class ulid {
public:
  static constexpr size_t size = 16;
  static constexpr size_t text_size = 26;

  ulid() = default;
  [[nodiscard]] static ulid make(wall_time at, partition_id partition);
  // Exactly 26 upper-case characters, as `text` gives them; anything else is `bad_request`.
  [[nodiscard]] static result<ulid> parse(std::string_view text);
  [[nodiscard]] static ulid from_bytes(std::string_view sixteen);

  [[nodiscard]] std::string text() const;
  [[nodiscard]] wall_time time() const;
  [[nodiscard]] partition_id partition() const;
  [[nodiscard]] const std::array<std::uint8_t, size>& bytes() const { return bytes_; }
  auto operator<=>(const ulid&) const = default;

private:
  std::array<std::uint8_t, size> bytes_{};  // most significant first
};

struct request_id {
  using strong_id = void;
  ulid value;
  [[nodiscard]] std::string text() const { return value.text(); }
  [[nodiscard]] partition_id partition() const { return value.partition(); }
  auto operator<=>(const request_id&) const = default;
};

}  // namespace dip

template <>
struct std::hash<dip::request_id> {
  size_t operator()(const dip::request_id& id) const noexcept {
    size_t h = 0;
    for (auto b : id.value.bytes()) h = h * 131 + b;
    return h;
  }
};
template <>
struct std::hash<dip::message_id> {
  size_t operator()(const dip::message_id& id) const noexcept { return std::hash<std::uint64_t>{}(id.value); }
};
