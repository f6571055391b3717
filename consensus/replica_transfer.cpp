// How a replica's state goes to another's place.
#include <utility>

#include "consensus/replica.hpp"

namespace dip::consensus {

// As long as somebody fetches it, it is not replaced by a newer one.
void replica::pin_when_due(milliseconds now) {
  if (options_.snapshot_every == 0 || pinning_) return;
  if (store_.applied().value < store_.snapshot().index.value + options_.snapshot_every) return;
  if (asked_ && now - *asked_ < 2 * options_.piece_patience) return;
  pinning_ = store_.applied();
  store_.pin();
}

void replica::begin_fetch(milliseconds now, const offered_snapshot& offer, effects& out) {
  if (auto begun = store_.begin_staging(); !begun) {
    out.fault = begun.error();
    return;
  }
  fetch_.begin(now, offer);
}

void replica::ask_when_due(milliseconds now, effects& out) {
  if (!fetch_.running() || now < fetch_.due()) return;
  if (fetch_.hopeless()) return lose_fetch();
  // No promise of Raft's: it waits for nothing.
  out.messages.push_back(fetch_.ask(now, self_));
}

void replica::lose_fetch() {
  core_.snapshot_lost(fetch_.index());
  fetch_.end();
}

effects replica::answer_piece(milliseconds now, node_id to, const piece_request& m) {
  auto out = idle(now);
  piece_answer answer{m.term, m.index, m.from, false, {}, {}};
  if (store_.snapshot().index != m.index || store_.snapshot().term != m.term || installing_) {
    answer.gone = true;
  } else {
    auto piece = store_.read_piece(m.from, options_.piece_bytes);
    // A place that no piece gave is a stranger's: he is left without an answer.
    if (!piece && piece.error().code == errc::bad_request) return out;
    if (!piece) {
      out.fault = piece.error();
      return out;
    }
    asked_ = now;
    answer.rows = std::move(piece->rows);
    answer.next = std::move(piece->next);
  }
  out.messages.push_back({self_, to, std::move(answer)});
  return out;
}

effects replica::take_piece(milliseconds now, node_id from, const piece_answer& m) {
  if (!fetch_.awaits(from, m)) return idle(now);
  // What is no piece is as good as none: another offer will come.
  const auto staged = m.gone ? result<void>{} : store_.stage(m.rows);
  if (!staged && staged.error().code != errc::bad_request) {
    auto out = idle(now);
    out.fault = staged.error();
    return out;
  }
  if (m.gone || !staged) {
    lose_fetch();
    return idle(now);
  }
  if (m.next.empty()) {
    const auto index = fetch_.index();
    fetch_.end();
    return follow(now, core_.snapshot_fetched(now, index));
  }
  fetch_.go_on(now, m.next);
  auto out = idle(now);
  ask_when_due(now, out);
  fill_in(now, out);
  return out;
}

}  // namespace dip::consensus
