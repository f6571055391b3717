// Messages gathered by where they go: one parcel a peer and turn of whoever gathers. A node's partitions do
// so each for itself; what of theirs can wait a link puts together (actors/exchange.hpp). docs/formats.md,
// "Parcels".
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "consensus/message.hpp"

namespace dip::consensus {

struct addressed_message {
  partition_id partition;
  message what;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.partition, s.what);
  }
  bool operator==(const addressed_message&) const = default;
};

// One owner.
class outbox {
public:
  // A parcel is closed before it exceeds `bytes`; a single message may.
  explicit outbox(size_t bytes) : limit_(bytes) {}
  void add(partition_id p, message m);
  // Parcels in the order in which they were closed, with the node that each is for; the outbox is empty
  // afterwards.
  [[nodiscard]] std::vector<std::pair<node_id, std::string>> take();

private:
  struct open_parcel {
    std::vector<addressed_message> messages;
    size_t bytes = 0;
  };
  void close(node_id to, open_parcel& parcel);

  size_t limit_;
  std::map<node_id, open_parcel> open_;
  std::vector<std::pair<node_id, std::string>> closed_;
};

[[nodiscard]] std::string to_parcel(const std::vector<addressed_message>& messages);
// Any bytes at all are safe to read. Errors: `corrupt`, also for messages that no replica sends: the core
// trusts what it is given.
[[nodiscard]] result<std::vector<addressed_message>> parse_parcel(std::string_view bytes);

}  // namespace dip::consensus
