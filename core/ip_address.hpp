// IP addresses and networks as plain values, and which of them belong to the public internet.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/errc.hpp"

namespace dip {

struct ip_address {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};  // most significant first; of IPv4 the first four

  bool operator==(const ip_address&) const = default;
};

// "192.0.2.1", "2001:db8::1": nothing for any other spelling, so "0x7f.1" and "127.1" are none.
[[nodiscard]] std::optional<ip_address> parse_ip(std::string_view text);
[[nodiscard]] std::string to_string(const ip_address& address);

// What an address is that is not for everybody to reach: "a private address", "this machine". Empty: it is a
// public one. IPv6 that carries an IPv4 address is judged by that one where it is translated to it (RFC 6052,
// 64:ff9b::/96), and is never public otherwise.
[[nodiscard]] std::string_view why_not_public(const ip_address& address);

// All addresses that begin as `base` does. "10.0.0.0/8", "fd00::/8"; an address alone is a network of one.
struct ip_network {
  ip_address base;
  unsigned bits = 0;

  [[nodiscard]] bool contains(const ip_address& address) const;
  bool operator==(const ip_network&) const = default;
};
[[nodiscard]] std::optional<ip_network> parse_network(std::string_view text);

// A name or an address that only this machine reaches: "127.0.0.1", "::1", "localhost".
[[nodiscard]] bool is_loopback_host(std::string_view host);

}  // namespace dip
