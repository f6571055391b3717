#include "consensus/core.hpp"

#include <algorithm>

namespace dip::consensus {

result<void> options::validate() const {
  const auto wrong = [](const std::string& what) { return fail(errc::bad_request, "consensus: " + what); };
  if (heartbeat < milliseconds{10}) return wrong("heartbeat is below 10 ms");
  if (election_timeout < 2 * heartbeat) return wrong("election_timeout is below two heartbeats");
  if (max_inflight == 0) return wrong("max_inflight is 0");
  if (max_message_bytes == 0) return wrong("max_message_bytes is 0");
  if (max_backlog_entries == 0) return wrong("max_backlog_entries is 0");
  if (max_backlog_bytes == 0) return wrong("max_backlog_bytes is 0");
  return {};
}

core::core(node_id self, const options& o, const log_view& log, hard_state voted)
    : self_(self),
      options_(o),
      log_(log),
      voted_(voted),
      random_(o.seed * 0x9e3779b97f4a7c15ULL + self.value) {}

update core::begin(milliseconds now) {
  now_ = std::max(now_, now);
  return {};
}

update core::start(milliseconds now) {
  auto u = begin(now);
  last_ = stored_ = log_.last();
  applied_ = commit_ = log_.snapshot().index;
  history_.begin(log_.snapshot());
  for (auto at = std::max(log_.first(), log_index{commit_.value + 1}); at <= last_;) {
    const auto some = log_.entries(at, last_, size_t{1} << 20);
    if (!some) {
      u.fault = some.error();
      return u;
    }
    for (const auto& e : *some) {
      if (e.kind == entry_kind::members)
        if (auto members = parse_membership(e.payload)) history_.add(at, std::move(*members));
      ++at.value;
    }
  }
  wait_for_leader();
  // Nobody else can lead: there is nothing to wait for.
  if (members().voters() == std::vector{self_}) campaign(u, false, false);
  finish(u);
  return u;
}

update core::tick(milliseconds now) {
  auto u = begin(now);
  if (role_ == role::leader)
    tick_leader(u);
  else if (now_ >= deadline_)
    campaign(u, options_.pre_vote, false);
  if (reads_.asking() && now_ >= beat_after(probed_)) send_probes(u);
  finish(u);
  return u;
}

update core::receive(milliseconds now, message m) {
  auto u = begin(now);
  const auto dispatch = [&](auto& body) {
    using body_type = std::decay_t<decltype(body)>;
    if constexpr (std::is_same_v<body_type, append_entries>) receive_append(u, m.from, std::move(body));
    if constexpr (std::is_same_v<body_type, append_result>) receive_append_result(u, m.from, body);
    if constexpr (std::is_same_v<body_type, request_vote>) receive_vote_request(u, m.from, body);
    if constexpr (std::is_same_v<body_type, vote_result>) receive_vote_result(u, m.from, body);
    if constexpr (std::is_same_v<body_type, install_snapshot>) receive_install(u, m.from, body);
    if constexpr (std::is_same_v<body_type, timeout_now>) receive_timeout_now(u, m.from, body);
    if constexpr (std::is_same_v<body_type, read_probe>) receive_probe(u, m.from, body);
    if constexpr (std::is_same_v<body_type, read_ack>)
      if (role_ == role::leader && body.term == voted_.term) reads_.acknowledged(m.from, body.sequence);
  };
  if (m.to == self_ && m.from != self_) std::visit(dispatch, m.body);
  finish(u);
  return u;
}

void core::finish(update& u) {
  if (role_ == role::leader) {
    advance_commit();
    replicate(u);
    serve_reads(u);
  }
  for (; !confirmed_.empty() && confirmed_.front().index <= applied_; confirmed_.pop_front())
    u.reads.push_back(confirmed_.front().id);
  u.commit = commit_;
  u.role = role_;
  u.term = voted_.term;
  u.leader = leader_;
  // An owner that is late must not be told a time that has passed, again and again.
  u.next_timeout = std::max(next_timeout(), now_ + milliseconds{1});
}

// All groups of a node beat at the same moments, so that one parcel carries the heartbeats of all.
milliseconds core::beat_after(milliseconds time) const {
  return (time / options_.heartbeat + 1) * options_.heartbeat;
}

milliseconds core::next_timeout() const {
  if (role_ != role::leader) return deadline_;
  auto next = beat_after(now_);
  for (const auto& [id, f] : followers_.all())
    if (f.sent) next = std::min(next, beat_after(*f.sent));
  return next;
}

term_number core::term_at(log_index index, const update& u) const {
  if (u.append && index >= u.append->first) {
    const auto place = index.value - u.append->first.value;
    return place < u.append->entries.size() ? u.append->entries[place].term : term_number{};
  }
  return log_.term_at(index);
}

// Everything from `first` on is replaced.
void core::append(update& u, log_index first, std::vector<replicated_entry> entries) {
  if (holds(rule::change_rolled_back)) history_.forget_from(first);
  last_ = {first.value + entries.size() - 1};
  stored_ = std::min(stored_, log_index{first.value - 1});
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].kind != entry_kind::members) continue;
    // A membership holds as soon as it is in the log (section 4.1).
    if (auto members = parse_membership(entries[i].payload))
      history_.add({first.value + i}, std::move(*members));
  }
  if (holds(rule::write_overtaken)) writes_.overtake_from(first);
  const auto write = writes_.add(last_);
  u.append = appended{write, first, std::move(entries)};
  if (role_ == role::leader) followers_.follow(members(), self_, last_, now_);
}

update core::persisted(milliseconds now, std::uint64_t write) {
  auto u = begin(now);
  const auto reached = std::min(writes_.done(write), last_);
  if (reached > stored_ && !installing_) {
    stored_ = reached;
    if (role_ == role::follower) answer_leader(u);
  }
  finish(u);
  return u;
}

update core::applied(milliseconds now, log_index up_to) {
  auto u = begin(now);
  applied_ = std::max(applied_, up_to);
  finish(u);
  return u;
}

update core::snapshot_taken(milliseconds now, const snapshot_mark& mark) {
  auto u = begin(now);
  if (!installing_) history_.advance(mark);
  finish(u);
  return u;
}

}  // namespace dip::consensus
