// The cluster's own authority and the certificates of its nodes: made and checked.
#pragma once

#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/errc.hpp"

namespace dip::net {

// PEM files.
struct key_pair_files {
  std::string certificate, key;
};
// What a node shows to the others, and what it knows them by.
struct node_credentials {
  std::string certificate;  // with its chain, if there is one between it and the authority
  std::string key;
  std::string authority;  // trusted certificates, and nothing else is
};

struct certificate_spec {
  std::string name;                // of the cluster or of the node, 1 to 64 characters
  std::vector<std::string> hosts;  // of a node: names and IP addresses that it is reached by
  milliseconds valid{0};           // from a day before now, for clocks that disagree, to so long after now
};

// Both write a certificate (0644) and a new P-256 key (0600), fsynced, into a directory that exists. Nothing
// is ever overwritten: when one of the files is there already, that is `conflict` and nothing is written;
// `io` when one cannot be written; `bad_request` for a `spec` that cannot be met.
[[nodiscard]] result<void> make_authority(const key_pair_files& files, const certificate_spec& spec);
// For a node as server and client. It ends no later than the authority; that one's key is needed here and
// nowhere else.
[[nodiscard]] result<void> make_node_certificate(const key_pair_files& files, const certificate_spec& spec,
                                                 const key_pair_files& authority);

// Whether a node can show these to another and will be believed, now: all can be read, the key is for nobody
// else to read and is the certificate's, the chain ends at the authority, nothing has expired or is not valid
// yet, and it may be used as a server and as a client. One sentence for each thing that is wrong, that names
// the file; empty: all is well.
[[nodiscard]] std::vector<std::string> check_credentials(const node_credentials& files);

// When the first certificate of a PEM file expires. Errors: `io`.
[[nodiscard]] result<wall_time> expiry_of(const std::string& certificate);

}  // namespace dip::net
