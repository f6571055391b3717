// The certificates of a cluster, as files of a directory: ca.pem and ca.key, and for each node NAME.pem and
// NAME.key.
#pragma once

#include <string>
#include <vector>

#include "core/config.hpp"
#include "net/certificates.hpp"

namespace dip {

// Of that node in that directory.
[[nodiscard]] net::node_credentials credentials_in(const std::string& directory, const std::string& node);

// Makes what is not there yet, and never anything that is: the directory (0700), the authority, which lasts
// ten years, and a certificate of each node for its host. Answers what it made, a sentence each. Errors:
// `bad_request`, `conflict`, `io`; what was made before stays.
[[nodiscard]] result<std::vector<std::string>> make_cluster_certificates(const config& conf,
                                                                         const std::string& directory,
                                                                         milliseconds valid);

}  // namespace dip
