// A core with what it stands on: one replica of one partition, as its owner drives it. Events go in, effects
// come out; what is durable before what (docs/consensus.md) is kept here. No I/O, no threads, no clock of its
// own: the store makes the changes, the owner carries the messages and turns the clock.
//
//   follower ⇄ candidate ⇄ leader     the core's; `effects::serves` when a leader's state is what was
//   promised fetching → installing → in place  beside it, of a replica that is too far behind
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "consensus/core.hpp"
#include "consensus/state_fetch.hpp"
#include "core/replica_store.hpp"

namespace dip::consensus {

struct replica_options {
  options core;
  bool send_before_written = true;         // messages wait for term and vote only, not for entries
  std::uint64_t snapshot_every = 20'000;   // applied entries; 0: never
  std::uint64_t trailing = 5'000;          // entries before a snapshot that stay, for those a little behind
  size_t piece_bytes = 32 * size_t{1024};  // of another's state, a message
  milliseconds piece_patience{1'500};      // then it is asked for again

  // Errors: `bad_request`, naming the option.
  [[nodiscard]] result<void> validate() const;
};

// What became of a proposal. lost: it will never be applied. unknown: it may have been, and this replica
// cannot tell, because it was given a later state.
enum class verdict : std::uint8_t { committed, lost, unknown };

struct settled {
  log_index index;
  term_number term;
  verdict what = verdict::committed;
};

// To be done by the owner; nothing of it is asked for twice.
struct effects {
  std::vector<message> messages;  // now; they may be lost
  std::vector<settled> proposals;
  std::vector<std::uint64_t> reads;     // may be answered from the state as it is now
  std::vector<std::uint64_t> given_up;  // reads that will not be confirmed here: ask the new leader
  milliseconds next_timeout{0};         // `tick` then; it replaces what was said before
  consensus::role role = role::follower;
  term_number term;
  node_id leader;       // 0: unknown
  bool serves = false;  // it leads, and has applied all that earlier leaders have committed
  log_index applied;
  std::optional<error> fault;  // the process must end, and nothing else is to be done
};

struct proposed {
  log_index first;  // one index for each command, and one `settled`
  term_number term;
  consensus::effects effects;
};

struct read_under_way {
  std::uint64_t id = 0;
  consensus::effects effects;
};

// One owner. `now` is any clock that never goes back.
class replica {
public:
  // `store` must outlive it, and all of it must be durable.
  replica(node_id self, const replica_options& o, replica_store& store);
  replica(const replica&) = delete;
  replica& operator=(const replica&) = delete;

  // Once, before all others.
  [[nodiscard]] effects start(milliseconds now);
  [[nodiscard]] effects tick(milliseconds now);
  [[nodiscard]] effects receive(milliseconds now, message m);

  // What the store has done (core/replica_store.hpp).
  [[nodiscard]] effects written(milliseconds now, std::uint64_t number);
  [[nodiscard]] effects put_in_place(milliseconds now);
  [[nodiscard]] effects pinned(milliseconds now);

  // Errors of these as in consensus/core.hpp; then nothing has happened.
  [[nodiscard]] result<proposed> propose(milliseconds now, std::vector<std::string> commands);
  [[nodiscard]] result<proposed> barrier(milliseconds now);
  [[nodiscard]] result<read_under_way> read(milliseconds now);
  [[nodiscard]] result<effects> change(milliseconds now, const membership& wanted);
  [[nodiscard]] result<effects> catch_up(milliseconds now, node_id learner);
  [[nodiscard]] result<effects> transfer(milliseconds now, node_id to);
  [[nodiscard]] result<effects> take_over(milliseconds now, term_number term, const membership& members);

  [[nodiscard]] const consensus::core& core() const { return core_; }

private:
  struct pending_write {
    std::uint64_t number = 0;
    std::uint64_t append = 0;  // its name in the core; 0: none
    bool install = false;
  };
  struct held_message {
    std::uint64_t after = 0;  // this write
    message what;
  };

  effects follow(milliseconds now, update u);
  effects idle(milliseconds now);
  void carry_out(milliseconds now, update& u, effects& out);
  void write_changes(update& u);  // takes the entries
  void hold(std::vector<message> messages);
  void release(effects& out);
  [[nodiscard]] std::optional<update> apply(milliseconds now, effects& out);
  void give_up_proposals(log_index up_to, effects& out);
  void settle(log_index index, term_number term, effects& out);
  void pin_when_due(milliseconds now);
  void fill_in(milliseconds now, effects& out) const;
  proposed follow(milliseconds now, proposal p, size_t count);

  // replica_transfer.cpp
  void begin_fetch(milliseconds now, const offered_snapshot& offer, effects& out);
  void ask_when_due(milliseconds now, effects& out);
  effects answer_piece(milliseconds now, node_id to, const piece_request& m);
  effects take_piece(milliseconds now, node_id from, const piece_answer& m);
  void lose_fetch();

  node_id self_;
  replica_options options_;
  replica_store& store_;
  consensus::core core_;

  std::uint64_t writes_begun_ = 0, writes_done_ = 0, writes_to_hold_ = 0;
  std::deque<pending_write> writes_;
  std::deque<held_message> held_;
  // By index; of one that is replaced both stay until it is known which of them is committed.
  std::multimap<log_index, term_number> proposals_;
  log_index commit_;
  milliseconds core_timeout_{0};
  bool installing_ = false;
  std::optional<log_index> pinning_;
  std::optional<milliseconds> asked_;  // for a piece of our state, the last time
  state_fetch fetch_;
};

}  // namespace dip::consensus
