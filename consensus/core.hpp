// One replica of one group: Raft without I/O, threads or a clock. Every call is an event, every answer says
// what is to be done about it. How it works, and which rule guards what: docs/consensus.md.
//
// The owner's duties, in this order, for each update of one group:
//   1. The log view shows `append` and `install` before the next call here.
//   2. `voted`, `append` and `install` go to the disk in the order of the updates. What an update brings may
//      be written in one synced batch with that of other updates and groups.
//   3. `messages` are sent once all `voted` up to this update's are durable. They need not wait for `append`:
//      a leader may send entries while its own disk still writes them. They may be lost, late, doubled
//      and out of order.
//   4. When an append is durable: `persisted`. When an install is: `snapshot_persisted`.
//   5. Entries up to `commit` that the log holds are applied in order; then `applied`. What applying writes
//      goes to the disk behind the entries themselves.
//   6. `tick` at `next_timeout` of the latest update.
// A write that fails has no event: the process must end. So it must after `fault`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "consensus/backlog.hpp"
#include "consensus/followers.hpp"
#include "consensus/membership_history.hpp"
#include "consensus/message.hpp"
#include "consensus/pending_writes.hpp"
#include "consensus/reads.hpp"
#include "consensus/rules.hpp"
#include "core/clock.hpp"
#include "core/errc.hpp"
#include "core/log_view.hpp"

namespace dip::consensus {

enum class role : std::uint8_t { follower, candidate, leader };

struct options {
  milliseconds election_timeout{600};  // a follower waits one to two of these for a leader
  milliseconds heartbeat{100};         // of a leader that has nothing to say, at multiples of this
  bool pre_vote = true;
  unsigned max_inflight = 512;                   // entries that one follower has not answered yet
  size_t max_message_bytes = 48 * size_t{1024};  // of payload, but for an entry that is larger by itself
  size_t max_backlog_entries = 16'384;           // taken and not committed; beyond it, busy
  size_t max_backlog_bytes = 64 * size_t{1024} * 1024;
  unsigned seed = 1;  // of the election timer; another one on each replica
  rule_set rules;

  // Errors: `bad_request`, naming the option.
  [[nodiscard]] result<void> validate() const;
};

struct appended {
  std::uint64_t write = 0;  // its name, for `persisted`
  log_index first;          // everything from here on is replaced
  std::vector<replicated_entry> entries;
};

struct offered_snapshot {
  node_id from;
  snapshot_mark mark;
};

struct update {
  std::optional<hard_state> voted;
  std::optional<appended> append;
  // The log and the state are replaced by the state that was fetched, as one step.
  std::optional<snapshot_mark> install;
  // The state at `mark` is to be fetched from that replica, then `snapshot_fetched`. A newer offer replaces
  // an older.
  std::optional<offered_snapshot> fetch;
  std::vector<message> messages;
  log_index commit;  // never goes back
  consensus::role role = role::follower;
  term_number term;
  node_id leader;  // 0: unknown
  milliseconds next_timeout{0};
  std::vector<std::uint64_t> reads;     // may be answered from the state as it is now
  std::vector<std::uint64_t> given_up;  // reads that will not be confirmed here: ask the new leader
  std::optional<error> fault;           // this replica must stop
};

struct proposal {
  log_index
      first;  // of the entries; committed when the entry applied there has `term`, lost when it has another
  term_number term;
  update effects;
};

struct asked_read {
  std::uint64_t id = 0;
  update effects;
};

// One owner. `now` is any clock that never goes back.
class core {
public:
  // `log` must outlive it. The log's snapshot must be what the state has applied; all of the log must be
  // durable.
  core(node_id self, const options& o, const log_view& log, hard_state voted);
  core(const core&) = delete;
  core& operator=(const core&) = delete;

  // Once, before all others.
  update start(milliseconds now);
  update tick(milliseconds now);
  // From a replica of the same group, as it came: stale ones, strangers' and doubles do no harm.
  update receive(milliseconds now, message m);

  // As the leader. Errors, and then nothing has happened: `not_leader`, also while the leadership is
  // being handed over; `overloaded` (busy): the backlog is full.
  result<proposal> propose(milliseconds now, std::vector<std::string> commands);
  // An entry that changes nothing.
  result<proposal> barrier(milliseconds now);
  // Asks for permission to answer a read from here: linearizable, without an entry. Errors: `not_leader`.
  result<asked_read> read(milliseconds now);

  // One step away from the present one: a learner more, a learner made a voter when it has caught up, a
  // member less. Errors: `not_leader`, `overloaded`; `bad_request` when it is no such step; `conflict` while
  // another change, a catch-up, or news of the present membership to a voter is on its way, when the learner
  // has not caught up, and when the leader would remove itself: it hands over first.
  result<proposal> change(milliseconds now, const membership& wanted);
  // Watches how a learner follows, in rounds. Errors: `not_leader`, `not_found`, `conflict`.
  result<update> catch_up(milliseconds now, node_id learner);
  [[nodiscard]] catch_up_state caught_up(node_id learner) const;
  // Hands the leadership to a voter; 0: to the one that is furthest. Nothing is taken until it has it, or an
  // election timeout has passed. Errors: `not_leader`, `not_found`, `conflict`.
  result<update> transfer(milliseconds now, node_id to);

  // Only when the others are gone for good, and on somebody's word: leads from now on, in `term`, and the
  // group is `members`. What they alone had is lost. While one of them lives, or when two replicas do this, a
  // group has two truths. Errors: `bad_request` when `term` has begun, or `members` has this replica as no
  // voter; `conflict` while a leader is heard, or this replica's disk writes.
  result<update> take_over(milliseconds now, term_number term, const membership& members);

  // Appends up to the one with this name are durable.
  update persisted(milliseconds now, std::uint64_t write);
  update applied(milliseconds now, log_index up_to);
  // The log view's snapshot is `mark` now, of an applied state. Not while an install is on its way.
  update snapshot_taken(milliseconds now, const snapshot_mark& mark);
  // What `fetch` asked for is durable, apart from the present state.
  update snapshot_fetched(milliseconds now, log_index index);
  // It will not come: an offer is taken again.
  void snapshot_lost(log_index index);
  // What `install` asked for is durable.
  update snapshot_persisted(milliseconds now);

  [[nodiscard]] membership members() const { return history_.at(last_).second; }  // the latest in the log
  [[nodiscard]] bool changing() const;  // a change of members, or a catch-up, is on its way
  [[nodiscard]] consensus::role role() const { return role_; }
  [[nodiscard]] term_number term() const { return voted_.term; }
  [[nodiscard]] node_id leader() const { return leader_; }
  [[nodiscard]] log_index commit() const { return commit_; }
  [[nodiscard]] log_index stored() const { return stored_; }  // durable, of the log as it is
  [[nodiscard]] log_index last() const { return last_; }      // of the log, durable or not yet
  [[nodiscard]] term_number last_term() const { return log_.term_at(last_); }
  [[nodiscard]] log_index match(node_id member) const;  // as the leader: how far it is known to be; else 0
  [[nodiscard]] size_t backlog_entries() const { return backlog_.entries(); }

private:
  struct offer {
    node_id from;
    install_snapshot what;
  };
  struct hand_over {
    node_id to;
    milliseconds since{0};
  };
  struct catch_up_round {
    node_id learner;
    log_index goal;
    milliseconds since{0};
    int number = 1;
  };

  // core.cpp
  [[nodiscard]] bool holds(rule r) const { return options_.rules.has(r); }
  update begin(milliseconds now);
  void finish(update& u);
  [[nodiscard]] term_number term_at(log_index index, const update& u) const;
  [[nodiscard]] milliseconds next_timeout() const;
  [[nodiscard]] milliseconds beat_after(milliseconds time) const;
  void append(update& u, log_index first, std::vector<replicated_entry> entries);
  void send(update& u, node_id to, message_body body) const {
    u.messages.push_back({self_, to, std::move(body)});
  }

  // core_election.cpp
  void wait_for_leader();
  void step_down(update& u, term_number term, node_id leader);
  void campaign(update& u, bool pre_vote, bool disrupt_leader);
  void lead(update& u);
  void receive_vote_request(update& u, node_id from, const request_vote& m);
  void receive_vote_result(update& u, node_id from, const vote_result& m);
  void receive_timeout_now(update& u, node_id from, const timeout_now& m);
  [[nodiscard]] bool hears_leader() const;
  [[nodiscard]] bool is_up_to_date(const request_vote& m) const;

  // core_follow.cpp
  void receive_append(update& u, node_id from, append_entries m);
  void receive_install(update& u, node_id from, const install_snapshot& m);
  void receive_probe(update& u, node_id from, const read_probe& m);
  [[nodiscard]] bool accept_leader(update& u, node_id from, term_number term);
  [[nodiscard]] append_entries without_committed(append_entries m) const;
  void take_entries(update& u, append_entries& m);
  void reject(update& u, node_id from, const append_entries& m);
  void answer_leader(update& u);

  // core_replicate.cpp
  void tick_leader(update& u);
  void replicate(update& u);
  void send_append(update& u, node_id to, follower& f);
  void send_parts(update& u, node_id to, follower& f, size_t count);
  void send_heartbeat(update& u, node_id to, follower& f);
  void offer_snapshot(update& u, node_id to, follower& f);
  [[nodiscard]] result<std::vector<replicated_entry>> gather(const update& u, log_index from,
                                                             size_t count) const;
  void receive_append_result(update& u, node_id from, const append_result& m);
  void follow_rejection(update& u, node_id from, follower& f, const append_result& m);
  void advance_commit();
  void watch_catch_up(update& u);

  // core_lead.cpp
  [[nodiscard]] bool own_term_committed(const update& u) const;
  [[nodiscard]] result<void> may_propose() const;
  [[nodiscard]] result<void> may_change(const membership& wanted) const;
  [[nodiscard]] node_id furthest_voter() const;
  proposal submit(update u, std::vector<replicated_entry> entries);
  void serve_reads(update& u);
  void send_probes(update& u);

  node_id self_;
  options options_;
  const log_view& log_;
  hard_state voted_;
  std::uint64_t random_;

  milliseconds now_{0};
  milliseconds deadline_{0};  // of waiting for a leader, or for votes
  milliseconds heard_{0};     // the leader
  consensus::role role_ = role::follower;
  node_id leader_;

  log_index last_;    // of the log, with what was asked to be appended
  log_index stored_;  // durable, of the log as it is
  log_index commit_;
  log_index applied_;
  log_index checked_;  // compared with the log of this term's leader
  membership_history history_;
  pending_writes writes_;
  std::optional<offer> fetching_;
  std::optional<snapshot_mark> installing_;

  bool pre_voting_ = false;
  std::set<node_id> granted_;

  followers followers_;
  backlog backlog_;
  std::optional<hand_over> hand_over_;
  std::optional<catch_up_round> catch_up_;
  reads reads_;
  std::deque<confirmed_read> confirmed_;
  milliseconds probed_{0};
};

}  // namespace dip::consensus
