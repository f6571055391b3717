#include "consensus/state_fetch.hpp"

#include <utility>

namespace dip::consensus {

void state_fetch::begin(milliseconds now, const offered_snapshot& offer) {
  offer_ = offer;
  go_on(now, {});
}

void state_fetch::go_on(milliseconds now, std::string next) {
  from_ = std::move(next);
  tries_ = 0;
  due_ = now;
}

message state_fetch::ask(milliseconds now, node_id self) {
  ++tries_;
  due_ = now + patience_;
  return {self, offer_->from, piece_request{offer_->mark.term, offer_->mark.index, from_}};
}

bool state_fetch::awaits(node_id from, const piece_answer& a) const {
  return offer_ && offer_->from == from && offer_->mark.index == a.index && offer_->mark.term == a.term &&
         from_ == a.from;
}

}  // namespace dip::consensus
