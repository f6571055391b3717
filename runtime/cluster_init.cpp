#include "runtime/cluster_init.hpp"

#include <cerrno>
#include <cstring>

#include <sys/stat.h>
#include <unistd.h>

namespace dip {
namespace {

constexpr milliseconds ten_years = std::chrono::hours{24 * 3653};

net::key_pair_files files_in(const std::string& directory, const std::string& name) {
  return {directory + "/" + name + ".pem", directory + "/" + name + ".key"};
}

bool is_there(const std::string& file) { return ::access(file.c_str(), F_OK) == 0; }

// Half a pair is somebody's accident, not ours to complete.
result<bool> are_there(const net::key_pair_files& f) {
  const bool certificate = is_there(f.certificate), key = is_there(f.key);
  if (certificate == key) return key;
  return fail(errc::conflict,
              (key ? f.key : f.certificate) + " is there without " + (key ? f.certificate : f.key));
}

std::string made(const std::string& what, const net::key_pair_files& f) {
  auto until = net::expiry_of(f.certificate);
  return f.certificate + ", " + f.key + ": " + what +
         (until ? ", until " + to_rfc3339(*until).substr(0, 10) : "");
}

}  // namespace

net::node_credentials credentials_in(const std::string& directory, const std::string& node) {
  const auto f = files_in(directory, node);
  return {f.certificate, f.key, files_in(directory, "ca").certificate};
}

result<std::vector<std::string>> make_cluster_certificates(const config& conf, const std::string& directory,
                                                           milliseconds valid) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(errc::io, directory + " cannot be made: " + std::strerror(errno));
  std::vector<std::string> out;
  const auto authority = files_in(directory, "ca");
  const auto known = are_there(authority);
  if (!known) return tl::make_unexpected(known.error());
  if (!*known) {
    if (auto ok = net::make_authority(authority, {conf.cluster.name, {}, ten_years}); !ok)
      return tl::make_unexpected(ok.error());
    out.push_back(made("the authority of " + conf.cluster.name, authority));
  }
  for (const auto& n : conf.nodes) {
    if (n.name == "ca")
      return fail(errc::bad_request, "a node called \"ca\" would take the authority's files");
    const auto files = files_in(directory, n.name);
    const auto there = are_there(files);
    if (!there) return tl::make_unexpected(there.error());
    if (*there) continue;
    if (auto ok = net::make_node_certificate(files, {n.name, {n.host}, valid}, authority); !ok)
      return tl::make_unexpected(ok.error());
    out.push_back(made("the node " + n.name + " at " + n.host, files));
  }
  return out;
}

}  // namespace dip
