// The owner of one core and its log, as the partition's actor will be: it does what an update says, in the
// order that consensus/core.hpp demands, on a machine whose disk and network are simulated.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "consensus/core.hpp"
#include "storage/replicated_log.hpp"
#include "storage/state_transfer.hpp"
#include "tests/simulation/machine.hpp"
#include "tests/simulation/state.hpp"

namespace dip::simulation {

class replica {
public:
  replica(world& w, machine& home, partition_id p) : world_(w), home_(home), p_(p), book_(w.book(p)) {}

  // False when its log is damaged.
  [[nodiscard]] bool open();
  void start();
  void receive(const consensus::message& m);

  // A client's.
  void propose(const std::vector<std::string>& commands);
  void read();
  // An operator's.
  void transfer(node_id to);
  void change(const membership& wanted);
  void catch_up(node_id learner);

  [[nodiscard]] consensus::core& core() { return *core_; }
  [[nodiscard]] const replicated_log& log() const { return *log_; }
  [[nodiscard]] node_id core_id() const { return home_.id(); }
  [[nodiscard]] bool leads() const { return core_->role() == consensus::role::leader; }
  [[nodiscard]] log_index applied() const { return state_.applied(); }
  [[nodiscard]] bool own_members_committed() const;

  // Another replica's question for a piece of the state at `index`; nothing when that is not kept any more.
  [[nodiscard]] std::optional<state_chunk> state_piece(log_index index, const std::string& from);

private:
  struct held_message {
    std::uint64_t writes = 0;  // that must be durable before it is sent
    consensus::message what;
  };
  struct waiting_proposal {
    term_number term;
    log_index floor;
  };
  struct fetching {
    consensus::offered_snapshot offer;
    std::string from;
    int tries = 0;
  };

  void run(consensus::update u);
  void handle(consensus::update& u);
  void write_changes(const consensus::update& u);
  void write(log_change change, bool holds_messages, std::function<void()> done);
  void send(const std::vector<consensus::message>& messages);
  void release();
  void check(const consensus::message& m);
  void arm(milliseconds at);
  void note_appended(const consensus::appended& a, term_number before);
  void note_durable(log_index first, const std::vector<term_number>& terms);
  [[nodiscard]] bool is_durable(log_index i) const;

  void apply();
  void apply_one(log_index at);
  void write_rows();
  void take_snapshot(std::shared_ptr<kv_snapshot> pinned, log_index at);

  void begin_fetch(const consensus::offered_snapshot& offer);
  void ask_for_piece();
  void take_piece(std::uint64_t fetch, const std::string& from, const std::optional<state_chunk>& piece);
  void begin_install();
  void end_install();

  world& world_;
  machine& home_;
  partition_id p_;
  ledger& book_;
  std::unique_ptr<replicated_log> log_;
  std::unique_ptr<consensus::core> core_;
  state state_;
  std::shared_ptr<kv_snapshot> pinned_;
  std::int64_t last_asked_ = -10'000;

  std::deque<consensus::update> todo_;
  bool running_ = false;
  std::uint64_t timer_ = 0;
  log_index commit_;
  bool installing_ = false;

  std::uint64_t writes_begun_ = 0, writes_done_ = 0, writes_to_hold_ = 0;
  std::deque<held_message> held_;
  hard_state durable_voted_;
  log_index durable_start_;
  std::vector<term_number> durable_terms_;  // of the entries behind durable_start_

  std::map<log_index, waiting_proposal> proposals_;
  std::map<std::uint64_t, log_index> asked_;
  std::uint64_t fetch_ = 0;
  std::optional<fetching> fetching_;
};

}  // namespace dip::simulation
