// What a leader knows of each other member, and how far a majority is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/membership.hpp"

namespace dip::consensus {

enum class catch_up_state : std::uint8_t { none, running, aborted, finished };

// probe: where its log agrees is being looked for, one message at a time. pipeline: entries are sent as they
// come. snapshot: it needs entries that are gone, and fetches the state instead.
enum class follower_mode : std::uint8_t { probe, pipeline, snapshot };

struct follower {
  follower_mode mode = follower_mode::probe;
  log_index match;  // durable there, and equal to the leader's log
  log_index next;   // to be sent
  log_index snapshot;
  std::optional<milliseconds> sent;  // the latest message, when there was one
  milliseconds offered{0};           // the snapshot
  milliseconds heard{0};
  catch_up_state catching_up = catch_up_state::none;
};

// One owner.
class followers {
public:
  // A new leadership: nothing is known of anybody.
  void begin(const membership& members, node_id self, log_index last, milliseconds now);
  // Newcomers are added, who is gone is forgotten.
  void follow(const membership& members, node_id self, log_index last, milliseconds now);
  void clear() { all_.clear(); }

  [[nodiscard]] follower* find(node_id id);
  [[nodiscard]] const follower* find(node_id id) const;
  [[nodiscard]] std::map<node_id, follower>& all() { return all_; }
  [[nodiscard]] const std::map<node_id, follower>& all() const { return all_; }

  // The highest index that a majority of the voters holds; `own` is the leader's.
  [[nodiscard]] log_index majority_match(const membership& members, node_id self, log_index own) const;
  // Whether a majority of the voters was heard since `since`, the leader counted.
  [[nodiscard]] bool majority_heard(const membership& members, node_id self, milliseconds since) const;

private:
  std::map<node_id, follower> all_;
};

}  // namespace dip::consensus
