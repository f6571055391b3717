// What replicas of one group say to each other: Raft's messages (dissertation, figure 3.1), and a probe with
// its answer for linearizable reads. Bytes: consensus/parcel.hpp.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/ids.hpp"
#include "core/log_view.hpp"

namespace dip::consensus {

struct append_entries {
  term_number term;
  log_index prev_index;
  term_number prev_term;
  log_index commit;
  std::vector<replicated_entry> entries;  // from prev_index + 1 on; none in a heartbeat
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.term, s.prev_index, s.prev_term, s.commit, s.entries);
  }
  bool operator==(const append_entries&) const = default;
};

struct append_result {
  term_number term;
  log_index rejected;  // the prev_index that did not fit; 0: accepted
  log_index last;      // accepted: equal to the leader's log up to here, and durable
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.term, s.rejected, s.last);
  }
  bool operator==(const append_result&) const = default;
};

struct request_vote {
  term_number term;
  log_index last_index;
  term_number last_term;
  bool disrupt_leader = false;  // the leader itself has asked for this election
  bool pre_vote = false;        // would you? (section 9.6)
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.term, s.last_index, s.last_term, s.disrupt_leader, s.pre_vote);
  }
  bool operator==(const request_vote&) const = default;
};

struct vote_result {
  term_number term;
  bool granted = false;
  bool pre_vote = false;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.term, s.granted, s.pre_vote);
  }
  bool operator==(const vote_result&) const = default;
};

// Only the mark: the state itself is asked for, piece by piece.
struct install_snapshot {
  term_number term;
  snapshot_mark mark;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.term, s.mark);
  }
  bool operator==(const install_snapshot&) const = default;
};

// Begin an election at once: leadership is handed over (section 3.10).
struct timeout_now {
  term_number term;
  log_index last_index;
  term_number last_term;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.term, s.last_index, s.last_term);
  }
  bool operator==(const timeout_now&) const = default;
};

// Am I still the leader of this term? Answered only in exactly that term (section 6.4).
struct read_probe {
  term_number term;
  std::uint64_t sequence = 0;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.term, s.sequence);
  }
  bool operator==(const read_probe&) const = default;
};

struct read_ack {
  term_number term;
  std::uint64_t sequence = 0;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.term, s.sequence);
  }
  bool operator==(const read_ack&) const = default;
};

// The state at `index` from `from` on, which is empty or what the piece before called `next`. Raft does not
// see it, nor its answer: the term only says which offer is meant.
struct piece_request {
  term_number term;
  log_index index;
  std::string from;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.term, s.index, s.from);
  }
  bool operator==(const piece_request&) const = default;
};

struct piece_answer {
  term_number term;
  log_index index;
  std::string from;   // as it was asked
  bool gone = false;  // that state is not kept any more
  std::string rows;
  std::string next;  // empty after the last
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.term, s.index, s.from, s.gone, s.rows, s.next);
  }
  bool operator==(const piece_answer&) const = default;
};

using message_body = std::variant<append_entries, append_result, request_vote, vote_result, install_snapshot,
                                  timeout_now, read_probe, read_ack, piece_request, piece_answer>;

struct message {
  node_id from;
  node_id to;
  message_body body;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.from, s.to, s.body);
  }
  bool operator==(const message&) const = default;
};

[[nodiscard]] term_number term_of(const message& m);
// A line for traces: "1>2 append 7^3 +2 commit 6 term 3".
[[nodiscard]] std::string to_string(const message& m);

}  // namespace dip::consensus
