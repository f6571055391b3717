// The rules of Raft that are easy to leave out, by name. Each is a line or two of the core; tests switch one
// off and see that the simulation, or a directed test, notices (docs/consensus.md has the table).
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>

namespace dip::consensus {

enum class rule : std::uint8_t {
  commit_own_term,    // only entries of the leader's own term are committed by counting (section 3.6.2)
  answer_checked,     // a follower answers for entries that it has compared with this leader's, and no others
  answer_durable,     // and only for durable ones
  write_overtaken,    // a write that a truncation has overtaken does not count beyond it
  commit_checked,     // a follower commits no further than it has compared
  refuse_older_term,  // an append of an older term is not taken
  skip_committed,     // what an append brings below the commit index is there already
  one_vote,           // a term
  vote_up_to_date,    // only for a candidate whose log is at least as far (section 3.6.1)
  vote_alone_new_term,   // a single voter, too, leads in a new term
  pre_vote_own_term,     // a refused pre-vote tells the voter's own term
  ignore_old_rejection,  // of what was accepted since
  change_own_term,       // members are changed when an entry of the own term is committed (section 4.1)
  change_one_at_a_time,
  change_rolled_back,  // members whose entry is replaced are forgotten
  read_own_term,       // a read's index is known when an entry of the own term is committed (section 6.4)
  read_confirmed,      // by a majority that this leader still leads
  ack_same_term,       // probes are answered in their very term
  hold_promises,       // nothing is said before the term and the vote behind it are durable
  apply_durable,       // only what is durable here is applied
};
inline constexpr size_t rule_count = 20;

// All hold.
class rule_set {
public:
  [[nodiscard]] bool has(rule r) const { return !broken_.test(static_cast<size_t>(r)); }
  [[nodiscard]] rule_set without(rule r) const {
    auto out = *this;
    out.broken_.set(static_cast<size_t>(r));
    return out;
  }

private:
  std::bitset<rule_count> broken_;
};

}  // namespace dip::consensus
