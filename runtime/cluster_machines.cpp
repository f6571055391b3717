#include "runtime/cluster_machines.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "core/ip_address.hpp"

namespace dip {
namespace {

std::string without_brackets(std::string host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return host;
}

// The address's bytes; empty for what is none of IP.
std::string bytes_of(const sockaddr* address) {
  if (!address) return {};
  if (address->sa_family == AF_INET)
    return {reinterpret_cast<const char*>(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr), 4};
  if (address->sa_family == AF_INET6)
    return {reinterpret_cast<const char*>(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr), 16};
  return {};
}

std::set<std::string> own_addresses() {
  std::set<std::string> out;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return out;
  for (const auto* a = first; a; a = a->ifa_next) out.insert(bytes_of(a->ifa_addr));
  ::freeifaddrs(first);
  out.erase("");
  return out;
}

bool resolves_to(const std::string& host, const std::set<std::string>& addresses) {
  addrinfo wanted{}, *found = nullptr;
  wanted.ai_socktype = SOCK_STREAM;
  if (::getaddrinfo(without_brackets(host).c_str(), nullptr, &wanted, &found) != 0) return false;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, &::freeaddrinfo);
  for (const auto* a = found; a; a = a->ai_next)
    if (addresses.contains(bytes_of(a->ai_addr))) return true;
  return false;
}

}  // namespace

bool means_this_machine(const std::string& host) {
  const auto bare = without_brackets(host);
  if (is_loopback_host(bare)) return true;
  const auto address = parse_ip(bare);
  return address && std::all_of(address->bytes.begin(), address->bytes.end(), [](auto b) { return b == 0; });
}

std::vector<cluster_machine> machines_of(const config& conf, const std::set<std::string>& own) {
  std::vector<cluster_machine> out;
  const auto at = [&](const std::string& ssh) -> cluster_machine& {
    const auto found = std::find_if(out.begin(), out.end(), [&](const auto& m) { return m.ssh == ssh; });
    if (found != out.end()) return *found;
    return *out.insert(ssh.empty() ? out.begin() : out.end(), cluster_machine{ssh, {}});
  };
  for (const auto& n : conf.nodes) {
    const bool here = own.contains(n.host) || (means_this_machine(n.host) && n.ssh.empty());
    at(here ? "" : n.ssh.empty() ? without_brackets(n.host) : n.ssh).nodes.push_back(n.name);
  }
  return out;
}

std::set<std::string> own_hosts(const config& conf) {
  const auto addresses = own_addresses();
  std::set<std::string> out;
  for (const auto& n : conf.nodes)
    if (!means_this_machine(n.host) && resolves_to(n.host, addresses)) out.insert(n.host);
  return out;
}

}  // namespace dip
