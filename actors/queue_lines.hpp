// One queue of one partition as its leader sees it: who waits, who is leased until when. Rebuilt from the
// tables and kept up with the log's deltas; never the truth, which is in the rows. Plain: time comes in as an
// argument.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/messages.hpp"
#include "core/clock.hpp"

namespace dip {

class queue_lines {
public:
  struct grant {
    queue_message message;
    fencing_token token;
  };

  explicit queue_lines(milliseconds visibility) : visibility_(visibility) {}

  // A row or a delta, in the log's order.
  void apply(queue_change::kind what, const queue_message& m, steady_time now, wall_time wall);

  // How long a message has to wait for room; 0: there is; nothing: it is ready, but for somebody else. Asked
  // once of each that is looked at, in their order.
  using room = std::function<std::optional<milliseconds>(const queue_message&)>;
  // Up to `most` ready messages, oldest first, leased from now on. Tokens are (term, counter), the counter
  // rising. One that there is no room for lets those behind it pass, and is ready again after its wait;
  // `most_passed_over` of them, or of somebody else's, end the search.
  [[nodiscard]] std::vector<grant> take(std::uint32_t most, std::uint64_t term, std::uint64_t& counter,
                                        steady_time now, const room& wait_for = {});
  static constexpr std::uint32_t most_passed_over = 32;
  // The grant could not be logged: ready again, after `delay`.
  void undo(message_id id, fencing_token token, steady_time now, milliseconds delay);
  // False when the lease is not held with this token.
  bool renew(message_id id, fencing_token token, steady_time now);
  // The leased message with this token, or null.
  [[nodiscard]] const queue_message* held(message_id id, fencing_token token) const;

  // Delays that are over become ready; leases that ran out are answered, to be given back through the log.
  // Their next deadline is `visibility` away, in case that fails.
  [[nodiscard]] std::vector<grant> expire(steady_time now);
  [[nodiscard]] std::optional<steady_time> next_deadline() const;

  // While it is paused nothing is: leases that are out go on.
  void pause(bool paused) { paused_ = paused; }
  [[nodiscard]] std::uint64_t ready() const { return paused_ ? 0 : ready_.size(); }
  // How often a message has become ready.
  [[nodiscard]] std::uint64_t arrivals() const { return arrivals_; }
  [[nodiscard]] std::uint64_t size() const { return slots_.size(); }
  [[nodiscard]] queue_figures figures(wall_time wall) const;

private:
  enum class place : std::uint8_t { ready, delayed, leased };
  struct slot {
    queue_message message;
    place at = place::ready;
    fencing_token token;
    steady_time deadline{};
  };

  void put(slot& s, place at, steady_time deadline);
  void forget_deadline(const slot& s);

  milliseconds visibility_;
  std::unordered_map<message_id, slot> slots_;
  std::set<message_id> ready_;
  std::set<std::pair<steady_time, message_id>> deadlines_;  // of the delayed and the leased
  std::uint64_t arrivals_ = 0;
  bool paused_ = false;
  std::uint64_t leased_ = 0;
  std::uint64_t dead_ = 0;
  std::uint64_t in_ = 0;
  std::uint64_t out_ = 0;
  std::uint64_t acquired_ = 0;
  std::uint64_t returned_ = 0;
};

}  // namespace dip
