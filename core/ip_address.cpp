#include "core/ip_address.hpp"

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>

namespace dip {
namespace {

struct special {
  const char* network;
  std::string_view what;
};

// RFC 6890 and IANA's registry of special addresses, but for those that are reachable from everywhere.
constexpr std::array<special, 16> special_v4{{{"0.0.0.0/8", "no address of a host"},
                                              {"10.0.0.0/8", "a private address"},
                                              {"100.64.0.0/10", "an address behind a provider's NAT"},
                                              {"127.0.0.0/8", "this machine"},
                                              {"169.254.0.0/16", "a link-local address"},
                                              {"172.16.0.0/12", "a private address"},
                                              {"192.0.0.0/24", "reserved for protocols"},
                                              {"192.0.2.0/24", "for documentation"},
                                              {"192.31.196.0/24", "reserved for protocols"},
                                              {"192.88.99.0/24", "a relay for 6to4"},
                                              {"192.168.0.0/16", "a private address"},
                                              {"198.18.0.0/15", "for benchmarks"},
                                              {"198.51.100.0/24", "for documentation"},
                                              {"203.0.113.0/24", "for documentation"},
                                              {"224.0.0.0/4", "a multicast address"},
                                              {"240.0.0.0/4", "reserved"}}};
// Of 2000::/3, the only part of IPv6 that is given out.
constexpr std::array<special, 5> special_v6{{{"2001::/23", "reserved for protocols"},
                                             {"2001:db8::/32", "for documentation"},
                                             {"2002::/16", "IPv4 inside of 6to4"},
                                             {"2620:4f:8000::/48", "reserved for protocols"},
                                             {"3fff::/20", "for documentation"}}};
// For a better word than "reserved".
constexpr std::array<special, 8> outside_v6{{{"::/128", "no address of a host"},
                                             {"::1/128", "this machine"},
                                             {"::ffff:0:0/96", "IPv4 inside of IPv6"},
                                             {"::/96", "IPv4 inside of IPv6"},
                                             {"64:ff9b:1::/48", "IPv4 behind a local NAT64"},
                                             {"fc00::/7", "a private address"},
                                             {"fe80::/10", "a link-local address"},
                                             {"ff00::/8", "a multicast address"}}};

template <size_t N>
std::string_view look_up(const std::array<special, N>& table, const ip_address& address) {
  const auto found = std::find_if(table.begin(), table.end(), [&](const special& s) {
    return parse_network(s.network)->contains(address);
  });
  return found == table.end() ? std::string_view{} : found->what;
}

}  // namespace

std::optional<ip_address> parse_ip(std::string_view text) {
  const std::string copy(text);
  if (copy.find('\0') != std::string::npos) return std::nullopt;
  ip_address out;
  if (::inet_pton(AF_INET, copy.c_str(), out.bytes.data()) == 1) return out;
  out.v6 = true;
  if (::inet_pton(AF_INET6, copy.c_str(), out.bytes.data()) == 1) return out;
  return std::nullopt;
}

std::string to_string(const ip_address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text.data(), text.size());
  return text.data();
}

std::string_view why_not_public(const ip_address& address) {
  static const auto translated = *parse_network("64:ff9b::/96"), given_out = *parse_network("2000::/3");
  if (!address.v6) return look_up(special_v4, address);
  if (translated.contains(address)) {
    ip_address inner;
    std::copy(address.bytes.begin() + 12, address.bytes.end(), inner.bytes.begin());
    return why_not_public(inner);
  }
  if (given_out.contains(address)) return look_up(special_v6, address);
  const auto what = look_up(outside_v6, address);
  return what.empty() ? "reserved" : what;
}

bool ip_network::contains(const ip_address& address) const {
  if (address.v6 != base.v6) return false;
  const unsigned whole = bits / 8, rest = bits % 8;
  if (!std::equal(base.bytes.begin(), base.bytes.begin() + whole, address.bytes.begin())) return false;
  return rest == 0 || ((base.bytes[whole] ^ address.bytes[whole]) >> (8 - rest)) == 0;
}

std::optional<ip_network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto base = parse_ip(text.substr(0, slash));
  if (!base) return std::nullopt;
  const unsigned most = base->v6 ? 128 : 32;
  if (slash == std::string_view::npos) return ip_network{*base, most};
  const auto number = text.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), bits);
  if (problem != std::errc() || end != number.data() + number.size() || bits > most) return std::nullopt;
  return ip_network{*base, bits};
}

bool is_loopback_host(std::string_view host) {
  static const auto v4 = *parse_network("127.0.0.0/8"), v6 = *parse_network("::1");
  const auto ip = parse_ip(host);
  return ip ? v4.contains(*ip) || v6.contains(*ip) : host == "localhost";
}

}  // namespace dip
