#include "consensus/replica.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dip::consensus {
namespace {

constexpr size_t apply_bytes = size_t{1} << 20;

}  // namespace

result<void> replica_options::validate() const {
  if (auto sound = core.validate(); !sound) return sound;
  if (piece_bytes == 0) return fail(errc::bad_request, "consensus: piece_bytes is 0");
  if (piece_patience < milliseconds{10})
    return fail(errc::bad_request, "consensus: piece_patience is below 10 ms");
  return {};
}

replica::replica(node_id self, const replica_options& o, replica_store& store)
    : self_(self),
      options_(o),
      store_(store),
      core_(self, o.core, store, store.voted()),
      fetch_(o.piece_patience) {}

effects replica::start(milliseconds now) { return follow(now, core_.start(now)); }

effects replica::tick(milliseconds now) { return follow(now, core_.tick(now)); }

effects replica::receive(milliseconds now, message m) {
  if (m.to != self_) return idle(now);
  if (const auto* asked = std::get_if<piece_request>(&m.body)) return answer_piece(now, m.from, *asked);
  if (const auto* piece = std::get_if<piece_answer>(&m.body)) return take_piece(now, m.from, *piece);
  return follow(now, core_.receive(now, std::move(m)));
}

effects replica::written(milliseconds now, std::uint64_t number) {
  std::uint64_t appended = 0;
  bool installed = false;
  for (; !writes_.empty() && writes_.front().number <= number; writes_.pop_front()) {
    appended = std::max(appended, writes_.front().append);
    installed = installed || writes_.front().install;
  }
  writes_done_ = std::max(writes_done_, number);
  if (installed) store_.put_in_place();
  if (appended == 0) {
    auto out = idle(now);
    release(out);
    return out;
  }
  auto u = core_.persisted(now, appended);
  store_.durable(core_.stored());
  return follow(now, std::move(u));
}

effects replica::put_in_place(milliseconds now) {
  installing_ = false;
  return follow(now, core_.snapshot_persisted(now));
}

effects replica::pinned(milliseconds now) {
  const auto at = std::exchange(pinning_, std::nullopt);
  // A later state may have come in between.
  if (!at || installing_ || *at <= store_.snapshot().index) return idle(now);
  store_.keep_pinned(*at, options_.trailing);
  return follow(now, core_.snapshot_taken(now, store_.snapshot()));
}

result<proposed> replica::propose(milliseconds now, std::vector<std::string> commands) {
  const auto count = commands.size();
  auto done = core_.propose(now, std::move(commands));
  if (!done) return tl::make_unexpected(done.error());
  return follow(now, std::move(*done), count);
}

result<proposed> replica::barrier(milliseconds now) {
  auto done = core_.barrier(now);
  if (!done) return tl::make_unexpected(done.error());
  return follow(now, std::move(*done), 1);
}

proposed replica::follow(milliseconds now, proposal p, size_t count) {
  for (size_t i = 0; i < count; ++i) proposals_.emplace(log_index{p.first.value + i}, p.term);
  return {p.first, p.term, follow(now, std::move(p.effects))};
}

result<read_under_way> replica::read(milliseconds now) {
  auto asked = core_.read(now);
  if (!asked) return tl::make_unexpected(asked.error());
  return read_under_way{asked->id, follow(now, std::move(asked->effects))};
}

result<effects> replica::change(milliseconds now, const membership& wanted) {
  auto done = core_.change(now, wanted);
  if (!done) return tl::make_unexpected(done.error());
  return follow(now, std::move(done->effects));
}

result<effects> replica::catch_up(milliseconds now, node_id learner) {
  auto done = core_.catch_up(now, learner);
  if (!done) return tl::make_unexpected(done.error());
  return follow(now, std::move(*done));
}

result<effects> replica::transfer(milliseconds now, node_id to) {
  auto done = core_.transfer(now, to);
  if (!done) return tl::make_unexpected(done.error());
  return follow(now, std::move(*done));
}

result<effects> replica::take_over(milliseconds now, term_number term, const membership& members) {
  auto done = core_.take_over(now, term, members);
  if (!done) return tl::make_unexpected(done.error());
  return follow(now, std::move(*done));
}

effects replica::follow(milliseconds now, update u) {
  effects out;
  for (std::optional<update> next = std::move(u); next && !out.fault;) {
    carry_out(now, *next, out);
    if (!out.fault) next = apply(now, out);
  }
  fill_in(now, out);
  return out;
}

// Nothing has happened that the core must know of.
effects replica::idle(milliseconds now) {
  effects out;
  fill_in(now, out);
  return out;
}

void replica::fill_in(milliseconds now, effects& out) const {
  out.role = core_.role();
  out.term = core_.term();
  out.leader = core_.leader();
  out.applied = store_.applied();
  out.serves = out.role == role::leader && store_.term_at(out.applied) == out.term;
  out.next_timeout = fetch_.running() ? std::min(core_timeout_, fetch_.due()) : core_timeout_;
  out.next_timeout = std::max(out.next_timeout, now + milliseconds{1});
}

void replica::carry_out(milliseconds now, update& u, effects& out) {
  if (!u.fault && u.commit < commit_) u.fault = error{errc::corrupt, "the commit index went back", {}};
  if (!u.fault && u.append && u.append->first <= store_.applied())
    u.fault = error{errc::corrupt, "an applied entry is replaced", {}};
  if (u.fault) {
    out.fault = std::move(u.fault);
    return;
  }
  commit_ = u.commit;
  core_timeout_ = u.next_timeout;
  if (u.append || u.install || u.voted) write_changes(u);
  if (u.install) give_up_proposals(u.install->index, out);
  hold(std::move(u.messages));
  std::move(u.reads.begin(), u.reads.end(), std::back_inserter(out.reads));
  std::move(u.given_up.begin(), u.given_up.end(), std::back_inserter(out.given_up));
  if (u.fetch) begin_fetch(now, *u.fetch, out);
  ask_when_due(now, out);
  release(out);
}

void replica::write_changes(update& u) {
  const auto number = ++writes_begun_;
  writes_.push_back({number, u.append ? u.append->write : 0, u.install.has_value()});
  const bool promises = u.voted && options_.core.rules.has(rule::hold_promises);
  if (promises || !options_.send_before_written) writes_to_hold_ = number;
  if (u.install) {
    installing_ = true;
    store_.install(number, u.voted, *u.install);
  } else if (u.append) {
    store_.write(number, u.voted, u.append->first, std::move(u.append->entries));
  } else {
    store_.write(number, u.voted, {}, {});
  }
}

void replica::hold(std::vector<message> messages) {
  for (auto& m : messages) held_.push_back({writes_to_hold_, std::move(m)});
}

void replica::release(effects& out) {
  for (; !held_.empty() && held_.front().after <= writes_done_; held_.pop_front())
    out.messages.push_back(std::move(held_.front().what));
}

// What is committed, and durable here as well: the rows go to the disk behind their entries.
std::optional<update> replica::apply(milliseconds now, effects& out) {
  const auto durable = options_.core.rules.has(rule::apply_durable) ? core_.stored() : store_.last();
  const auto up_to = std::min(commit_, durable);
  if (installing_ || store_.applied() >= up_to) return std::nullopt;
  while (store_.applied() < up_to) {
    auto at = store_.applied();
    const auto entries = store_.entries({at.value + 1}, up_to, apply_bytes);
    const auto done = entries ? store_.apply(*entries) : tl::make_unexpected(entries.error());
    if (!done) {
      out.fault = done.error();
      return std::nullopt;
    }
    for (const auto& e : *entries) settle({++at.value}, e.term, out);
  }
  pin_when_due(now);
  return core_.applied(now, store_.applied());
}

// Their entries are in a state that was made elsewhere, or are not.
void replica::give_up_proposals(log_index up_to, effects& out) {
  for (auto it = proposals_.begin(); it != proposals_.end() && it->first <= up_to; it = proposals_.erase(it))
    out.proposals.push_back({it->first, it->second, verdict::unknown});
}

void replica::settle(log_index index, term_number term, effects& out) {
  for (auto it = proposals_.begin(); it != proposals_.end() && it->first <= index; it = proposals_.erase(it))
    out.proposals.push_back({it->first, it->second, it->second == term ? verdict::committed : verdict::lost});
}

}  // namespace dip::consensus
