// How a replica that is too far behind gets another's state: piece by piece, each asked for when the one
// before is here, again when no answer comes.
#pragma once

#include <optional>
#include <string>

#include "consensus/core.hpp"

namespace dip::consensus {

// One owner.
class state_fetch {
public:
  explicit state_fetch(milliseconds patience) : patience_(patience) {}

  // In the place of one that was begun before. The first piece is due at once.
  void begin(milliseconds now, const offered_snapshot& offer);
  void end() { offer_.reset(); }

  [[nodiscard]] bool running() const { return offer_.has_value(); }
  [[nodiscard]] log_index index() const { return offer_ ? offer_->mark.index : log_index{}; }
  [[nodiscard]] milliseconds due() const { return due_; }
  // It was asked too often for one piece: there is nobody there.
  [[nodiscard]] bool hopeless() const { return tries_ >= 5; }
  // The next question, which is due.
  [[nodiscard]] message ask(milliseconds now, node_id self);
  // Whether this is the answer that is waited for.
  [[nodiscard]] bool awaits(node_id from, const piece_answer& a) const;
  // It was, and more follows from there on.
  void go_on(milliseconds now, std::string next);

private:
  milliseconds patience_;
  std::optional<offered_snapshot> offer_;
  std::string from_;
  int tries_ = 0;
  milliseconds due_{0};
};

}  // namespace dip::consensus
