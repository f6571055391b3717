// Messages with descriptors over a SOCK_SEQPACKET pair: each arrives whole or not at all.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/errc.hpp"
#include "imaging/descriptor.hpp"

namespace dip {

inline constexpr size_t message_limit = 256 * 1024;  // bytes
inline constexpr size_t descriptor_limit = 64;       // of one message

struct message {
  std::string bytes;
  std::vector<descriptor> descriptors;  // close-on-exec
};

// Both ends close-on-exec, with buffers that take a message of `message_limit`.
[[nodiscard]] result<std::pair<descriptor, descriptor>> make_channel();

// Errors: `too_large` (nothing was sent), `io` (the peer is gone, or the system refused).
[[nodiscard]] result<void> send_message(int socket, std::string_view bytes, std::span<const int> descriptors);

// Waits for a message. Nothing: the peer is gone. Errors: `timeout`, `corrupt` (longer than the limits),
// `io`.
[[nodiscard]] result<std::optional<message>> receive_message(int socket, std::optional<milliseconds> within);

}  // namespace dip
