#include "tests/simulation/replica.hpp"

#include <algorithm>
#include <utility>

#include "storage/keys.hpp"

namespace dip::simulation {

using namespace consensus;

bool replica::open() {
  auto opened = replicated_log::open(home_.storage().kv(), p_, home_.storage().mark(p_), {256});
  if (!opened) {
    world_.line([&] { return opened.error().detail; });
    if (opened.error().code != errc::corrupt) book_.violated("open: " + opened.error().detail);
    return false;
  }
  log_ = std::move(*opened);
  state_ = state::load(home_.storage().kv(), p_);
  pinned_ = home_.storage().kv().snapshot();
  durable_voted_ = log_->voted();
  durable_start_ = {log_->first().value - 1};
  for (auto i = log_->first(); i <= log_->last(); ++i.value) durable_terms_.push_back(log_->term_at(i));
  auto o = world_.how.core;
  o.seed = static_cast<unsigned>(world_.chance.next());
  core_ = std::make_unique<consensus::core>(home_.id(), o, *log_, log_->voted());
  return true;
}

void replica::start() { run(core_->start(home_.local())); }

void replica::receive(const message& m) {
  world_.line([&] { return "g" + std::to_string(p_.value) + " " + to_string(m); });
  run(core_->receive(home_.local(), m));
}

void replica::run(update u) {
  todo_.push_back(std::move(u));
  if (running_) return;
  running_ = true;
  while (!todo_.empty()) {
    auto next = std::move(todo_.front());
    todo_.pop_front();
    handle(next);
  }
  running_ = false;
}

void replica::handle(update& u) {
  ++world_.counts["steps"];
  if (u.fault) return book_.violated("fault: " + u.fault->detail);
  if (u.commit < commit_) book_.violated("the commit index went back");
  if (u.append || u.install || u.voted) write_changes(u);
  home_.may_lose_power();
  send(u.messages);
  home_.may_lose_power();
  if (u.role == role::leader) book_.leads(home_.id(), u.term, *log_);
  arm(u.next_timeout);
  commit_ = u.commit;
  for (const auto id : u.given_up) asked_.erase(id);
  for (const auto id : u.reads) {
    book_.answers(state_.applied(), asked_.at(id));
    asked_.erase(id);
  }
  if (u.fetch) begin_fetch(*u.fetch);
  apply();
}

void replica::write_changes(const update& u) {
  if (u.install) {
    installing_ = true;
    proposals_.clear();
    ++world_.counts["installs"];
    world_.line([&] {
      return std::to_string(home_.id().value) + " installs " + std::to_string(u.install->index.value);
    });
    const auto mark = *u.install;
    return write(log_->install(u.voted, mark), u.voted.has_value(), [this, mark] {
      durable_start_ = mark.index;
      durable_terms_.clear();
      begin_install();
    });
  }
  if (!u.append) return write(log_->write(u.voted, {}, {}), true, {});
  const auto& a = *u.append;
  if (a.first <= log_->last()) ++world_.counts["truncations"];
  if (a.first <= state_.applied()) book_.violated("an applied entry is replaced");
  const auto before = log_->term_at({a.first.value - 1});
  auto change = log_->write(u.voted, a.first, a.entries);
  // In a term that is not durable yet nothing is sent: what is lost with it was never there.
  const bool seen = log_->voted() == durable_voted_;
  if (seen) note_appended(a, before);
  write(std::move(change), u.voted.has_value(), [this, a, before, seen] {
    if (!seen) note_appended(a, before);
    std::vector<term_number> terms;
    for (const auto& e : a.entries) terms.push_back(e.term);
    note_durable(a.first, terms);
    run(core_->persisted(home_.local(), a.write));
  });
}

void replica::note_appended(const appended& a, term_number before) {
  for (size_t i = 0; i < a.entries.size(); ++i) {
    book_.appends(home_.id(), {a.first.value + i}, a.entries[i], before);
    before = a.entries[i].term;
  }
}

void replica::write(log_change change, bool holds_messages, std::function<void()> done) {
  const auto number = ++writes_begun_;
  if (holds_messages || !world_.how.early_send) writes_to_hold_ = number;
  const auto voted = change.voted;
  home_.storage().write(std::move(change), [this, number, voted, done = std::move(done)] {
    home_.enter([&] {
      writes_done_ = number;
      if (voted) durable_voted_ = *voted;
      release();
      if (done) done();
    });
  });
}

void replica::note_durable(log_index first, const std::vector<term_number>& terms) {
  if (first <= durable_start_) return book_.violated("a write from before the log's beginning");
  durable_terms_.resize(first.value - durable_start_.value - 1);
  durable_terms_.insert(durable_terms_.end(), terms.begin(), terms.end());
  log_->durable({durable_start_.value + durable_terms_.size()});
}

bool replica::is_durable(log_index i) const {
  if (i <= durable_start_) return true;
  const auto place = i.value - durable_start_.value - 1;
  return place < durable_terms_.size() && durable_terms_[place] == log_->term_at(i);
}

void replica::send(const std::vector<message>& messages) {
  for (const auto& m : messages) held_.push_back({writes_to_hold_, m});
  release();
}

void replica::release() {
  for (; !held_.empty() && held_.front().writes <= writes_done_; held_.pop_front()) {
    check(held_.front().what);
    home_.send(p_, held_.front().what);
    ++world_.counts["messages"];
  }
}

// What is promised to others must be durable by now.
void replica::check(const message& m) {
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
  }
  if (tells_own_term && term_of(m) > durable_voted_.term) wrong("a term that is not durable");
}

void replica::arm(milliseconds at) {
  home_.plan_local(at, [this, mine = ++timer_] {
    if (mine == timer_) run(core_->tick(home_.local()));
  });
}

void replica::propose(const std::vector<std::string>& commands) {
  const auto floor = book_.floor();
  auto done = core_->propose(home_.local(), commands);
  if (!done) {
    ++world_.counts[done.error().code == errc::overloaded ? "busy" : "not leader"];
    return;
  }
  for (size_t i = 0; i < commands.size(); ++i) proposals_[{done->first.value + i}] = {done->term, floor};
  run(std::move(done->effects));
}

void replica::read() {
  const auto floor = book_.floor();
  auto asked = core_->read(home_.local());
  if (!asked) return;
  asked_[asked->id] = floor;
  run(std::move(asked->effects));
}

void replica::transfer(node_id to) {
  if (auto done = core_->transfer(home_.local(), to)) {
    ++world_.counts["transfers"];
    run(std::move(*done));
  }
}

void replica::change(const membership& wanted) {
  auto done = core_->change(home_.local(), wanted);
  if (!done) {
    ++world_.counts["refused: " + done.error().detail];
    return;
  }
  ++world_.counts["changes"];
  world_.line([&] { return "g" + std::to_string(p_.value) + " members " + dip::to_string(wanted); });
  run(std::move(done->effects));
}

void replica::catch_up(node_id learner) {
  if (auto done = core_->catch_up(home_.local(), learner)) run(std::move(*done));
}

bool replica::own_members_committed() const {
  return !core_->changing() && log_->term_at(core_->commit()) == core_->term();
}

}  // namespace dip::simulation
