#include "tests/simulation/watched_replica.hpp"

#include <utility>

#include "core/codec.hpp"
#include "storage/log_recovery.hpp"

namespace dip::simulation {

using namespace consensus;

namespace {

replica_options options_of(const mix& how) {
  replica_options o;
  o.core = how.core;
  o.send_before_written = how.early_send;
  o.snapshot_every = how.snapshots ? static_cast<std::uint64_t>(how.snapshot_every) : 0;
  o.trailing = static_cast<std::uint64_t>(how.trailing);
  o.piece_bytes = static_cast<size_t>(how.chunk_bytes);
  return o;
}

std::vector<replicated_entry> entries_in(const log_change& change) {
  constexpr size_t checksum = 8;
  std::vector<replicated_entry> out;
  for (const auto& [index, bytes] : change.records)
    out.push_back(decode<stored_entry>(std::string_view{bytes}.substr(checksum)).value().entry);
  return out;
}

}  // namespace

watched_replica::watched_replica(world& w, machine& home, partition_id p)
    : world_(w), home_(home), p_(p), book_(w.book(p)), state_(home.storage().kv(), disk_, p) {
  state_.on_applied = [this](log_index at, const replicated_entry& e) { note_applied(at, e); };
}

result<void> watched_replica::open() {
  auto opened =
      partition_store::open({&home_.storage().kv(), &disk_, &state_}, p_, home_.storage().mark(p_), {256});
  if (!opened) {
    world_.line([&] { return opened.error().detail; });
    return tl::make_unexpected(opened.error());
  }
  store_ = std::move(*opened);
  store_->tell({[this](std::uint64_t number) { take(replica_->written(home_.local(), number)); },
                [this] {
                  note_installed();
                  take(replica_->put_in_place(home_.local()));
                },
                [this] {
                  ++world_.counts["snapshots"];
                  take(replica_->pinned(home_.local()));
                },
                [this](const error& e) { book_.violated("the store failed: " + e.detail); }});
  durable_voted_ = log().voted();
  durable_start_ = {log().first().value - 1};
  for (auto i = log().first(); i <= log().last(); ++i.value) durable_terms_.push_back(log().term_at(i));
  return {};
}

void watched_replica::start() {
  auto o = options_of(world_.how);
  o.core.seed = static_cast<unsigned>(world_.chance.next());
  replica_ = std::make_unique<consensus::replica>(home_.id(), o, *store_);
  take(replica_->start(home_.local()));
}

void watched_replica::receive(message m) {
  world_.line([&] { return "g" + std::to_string(p_.value) + " " + to_string(m); });
  take(replica_->receive(home_.local(), std::move(m)));
}

void watched_replica::take(effects e) {
  ++world_.counts["steps"];
  if (e.fault) return book_.violated("fault: " + e.fault->detail);
  home_.may_lose_power();
  for (auto& m : e.messages) {
    check(m);
    count(m);
    home_.send(p_, std::move(m));
  }
  home_.may_lose_power();
  if (e.role == role::leader) book_.leads(home_.id(), e.term, log());
  arm(e.next_timeout);
  for (const auto& p : e.proposals) {
    const auto it = proposals_.find({p.index, p.term});
    if (it == proposals_.end()) return book_.violated("a proposal that nobody made is settled");
    if (p.what == verdict::committed) book_.acknowledges(p.index, it->second);
    if (p.what == verdict::lost) ++world_.counts["lost proposals"];
    proposals_.erase(it);
  }
  for (const auto id : e.given_up) asked_.erase(id);
  for (const auto id : e.reads) {
    book_.answers(state_.applied(), asked_.at(id));
    asked_.erase(id);
  }
}

void watched_replica::entering_disk::run(std::function<result<void>(kv_store&)> what,
                                         std::function<void()> done) {
  auto& home = of_.home_;
  home.storage().write(std::move(what), [&home, done = std::move(done)] {
    if (done) home.enter(done);
  });
}

void watched_replica::entering_disk::cut(partition_id p, const snapshot_mark& start) {
  of_.home_.storage().write(
      [p, start](kv_store& kv) -> result<void> {
        const auto batch = kv.batch();
        if (auto put = put_start(*batch, *kv.snapshot(), p, start); !put) return put;
        return kv.write(*batch, false);
      },
      {});
}

void watched_replica::write(log_change change) {
  const auto entries = entries_in(change);
  const auto first = change.records.empty() ? log_index{} : change.records.front().first;
  if (change.kept) ++world_.counts["truncations"];
  if (change.installed) {
    installing_ = true;
    ++world_.counts["installs"];
    world_.line([&] {
      return std::to_string(home_.id().value) + " installs " + std::to_string(change.installed->index.value);
    });
  }
  const auto before = log().term_at({first.value > 0 ? first.value - 1 : 0});
  // In a term that is not durable yet nothing is sent: what is lost with it was never there.
  const bool seen = log().voted() == durable_voted_;
  if (seen) note_appended(first, entries, before);
  auto done = std::exchange(change.done, {});
  home_.storage().write(std::move(change), [this, entries, first, before, seen, voted = change.voted,
                                            installed = change.installed, done = std::move(done)] {
    home_.enter([&] {
      if (voted) durable_voted_ = *voted;
      if (!seen) note_appended(first, entries, before);
      if (installed) {
        durable_start_ = installed->index;
        durable_terms_.clear();
      }
      if (!entries.empty()) note_durable(first, entries);
      done();
    });
  });
  home_.may_lose_power();
}

void watched_replica::note_appended(log_index first, const std::vector<replicated_entry>& entries,
                                    term_number before) {
  for (size_t i = 0; i < entries.size(); ++i) {
    book_.appends(home_.id(), {first.value + i}, entries[i], before);
    before = entries[i].term;
  }
}

void watched_replica::note_durable(log_index first, const std::vector<replicated_entry>& entries) {
  if (first <= durable_start_) return book_.violated("a write from before the log's beginning");
  durable_terms_.resize(first.value - durable_start_.value - 1);
  for (const auto& e : entries) durable_terms_.push_back(e.term);
}

bool watched_replica::is_durable(log_index i) const {
  if (i <= durable_start_) return true;
  const auto place = i.value - durable_start_.value - 1;
  return place < durable_terms_.size() && durable_terms_[place] == log().term_at(i);
}

void watched_replica::note_applied(log_index at, const replicated_entry& entry) {
  if (!is_durable(at)) book_.violated("an entry is applied that is not durable here");
  book_.applies(home_.id(), at, entry, state_.hash(), core().term());
}

void watched_replica::note_installed() {
  installing_ = false;
  const auto& mark = log().snapshot();
  book_.installs(home_.id(), mark.index, mark.term, state_.hash());
}

// What is promised to others must be durable by now.
void watched_replica::check(const message& m) {
  const auto last_durable = log_index{durable_start_.value + durable_terms_.size()};
  const auto wrong = [&](const std::string& what) { book_.violated(what + ": " + to_string(m)); };
  bool tells_own_term = true;
  if (const auto* r = std::get_if<append_result>(&m.body)) {
    if (r->rejected.value == 0 && r->last > last_durable && !installing_)
      wrong("accepted what is not durable");
  } else if (const auto* v = std::get_if<request_vote>(&m.body)) {
    tells_own_term = !v->pre_vote;
    if (v->last_index > last_durable) wrong("a candidate's log is not durable");
    if (!v->pre_vote) book_.votes(home_.id(), v->term, home_.id());
  } else if (const auto* g = std::get_if<vote_result>(&m.body)) {
    tells_own_term = !g->pre_vote;
    if (g->granted && !g->pre_vote) book_.votes(home_.id(), g->term, m.to);
  } else if (std::holds_alternative<piece_request>(m.body) || std::holds_alternative<piece_answer>(m.body)) {
    tells_own_term = false;
  }
  if (tells_own_term && term_of(m) > durable_voted_.term) wrong("a term that is not durable");
}

void watched_replica::count(const message& m) {
  ++world_.counts["messages"];
  const auto* asked = std::get_if<piece_request>(&m.body);
  if (asked != nullptr && asked->from.empty()) ++world_.counts["fetches"];
  if (std::holds_alternative<piece_answer>(m.body)) ++world_.counts["pieces"];
}

void watched_replica::arm(milliseconds at) {
  home_.plan_local(at, [this, mine = ++timer_] {
    if (mine == timer_) take(replica_->tick(home_.local()));
  });
}

void watched_replica::propose(const std::vector<std::string>& commands) {
  const auto floor = book_.floor();
  auto done = replica_->propose(home_.local(), commands);
  if (!done) {
    ++world_.counts[done.error().code == errc::overloaded ? "busy" : "not leader"];
    return;
  }
  for (size_t i = 0; i < commands.size(); ++i) proposals_[{{done->first.value + i}, done->term}] = floor;
  take(std::move(done->effects));
}

void watched_replica::read() {
  const auto floor = book_.floor();
  auto asked = replica_->read(home_.local());
  if (!asked) return;
  asked_[asked->id] = floor;
  take(std::move(asked->effects));
}

void watched_replica::transfer(node_id to) {
  if (auto done = replica_->transfer(home_.local(), to)) {
    ++world_.counts["transfers"];
    take(std::move(*done));
  }
}

void watched_replica::change(const membership& wanted) {
  auto done = replica_->change(home_.local(), wanted);
  if (!done) {
    ++world_.counts["refused: " + done.error().detail];
    return;
  }
  ++world_.counts["changes"];
  world_.line([&] { return "g" + std::to_string(p_.value) + " members " + dip::to_string(wanted); });
  take(std::move(*done));
}

void watched_replica::catch_up(node_id learner) {
  if (auto done = replica_->catch_up(home_.local(), learner)) take(std::move(*done));
}

bool watched_replica::own_members_committed() const {
  return !core().changing() && log().term_at(core().commit()) == core().term();
}

}  // namespace dip::simulation
