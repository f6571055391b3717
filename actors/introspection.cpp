#include "actors/introspection.hpp"

#include <algorithm>

namespace dip {
namespace {

using namespace std::chrono;

// An actor is not to block: one that is at one message for so long is stuck.
constexpr std::int64_t stuck_after_ns = 5'000'000'000;
constexpr std::uint32_t half_a_minute = 30;
constexpr seconds lately{60};

std::int64_t steady_ns() { return steady_clock::now().time_since_epoch().count(); }
std::uint64_t ms_since(std::int64_t began, std::int64_t now) {
  return now > began ? static_cast<std::uint64_t>(now - began) / 1'000'000 : 0;
}

std::map<std::string, census::restarts> restarts_by_name() {
  std::map<std::string, census::restarts> out;
  for (auto& r : census::here().all_restarts()) out.emplace(r.name, r);
  return out;
}

}  // namespace

void growth::look(std::uint64_t value) { seen_[count_++ % looks] = value; }

double growth::a_second() const {
  if (count_ < 2) return 0;
  const auto last = seen_[(count_ - 1) % looks];
  const auto gone_by = std::min(count_, looks) - 1;
  const auto first = seen_[(count_ - 1 - gone_by) % looks];
  return last > first ? static_cast<double>(last - first) / static_cast<double>(gone_by) : 0;
}

void recent_durations::look(const duration_counts& now) {
  if (++seconds_ % half_a_minute != 0) return;
  older_ = before_;
  before_ = now;
}

duration_counts recent_durations::of(const duration_counts& now) const {
  auto out = now;
  out -= older_;
  return out.total() == 0 ? now : out;
}

std::string_view stage_word(std::size_t stage) {
  constexpr std::array<std::string_view, stage_count> words{"preprocess", "process", "notify"};
  return words.at(stage);
}

void introspection::note_published(topic_name t) {
  const std::lock_guard lock{mutex_};
  ++published_.at(static_cast<std::size_t>(t));
}

void introspection::note_done(done_work w) {
  const std::lock_guard lock{mutex_};
  const auto s = stage_of(w.kind);
  ++done_.at(s);
  ++took_.at(s).of[duration_counts::bucket(w.worked_ms * 1'000'000)];
  w.node = node_;
  works_.push_back(std::move(w));
  if (works_.size() > works_kept) works_.pop_front();
}

void introspection::note_news(const request_news& n) {
  const std::lock_guard lock{mutex_};
  if (on_news_) on_news_(n);
  if (!is_final(n.status)) return;
  // What becomes of its notification is news of it as well: it ends once in a run.
  const auto [it, is_new] = ended_runs_.try_emplace(n.id, n.run);
  if (!is_new && it->second >= n.run) return;
  it->second = n.run;
  ended_.push_back({n.id, n.run, n.status, time_.steady()});
  if (ended_.size() <= finals_kept) return;
  if (const auto old = ended_runs_.find(ended_.front().id);
      old != ended_runs_.end() && old->second == ended_.front().run)
    ended_runs_.erase(old);
  ended_.pop_front();
}

void introspection::on_news(std::function<void(const request_news&)> f) {
  const std::lock_guard lock{mutex_};
  on_news_ = std::move(f);
}

void introspection::look(const std::vector<queue_figures>& queues) {
  const auto all = census::here().all();
  const std::lock_guard lock{mutex_};
  for (auto& [id, h] : actors_) h.alive = false;
  for (const auto& a : all) {
    auto& h = actors_[a->id];
    h.alive = true;
    h.handled.look(a->handled);
    h.busy_ns.look(a->busy_ns);
    h.busy.look(a->busy.counts());
    h.wait.look(a->wait.counts());
  }
  std::erase_if(actors_, [](const auto& h) { return !h.second.alive; });
  std::map<std::pair<partition_id, queue_name>, std::pair<growth, growth>> here;
  for (const auto& q : queues) {
    const std::pair key{q.partition, q.queue};
    auto& g = here[key] = queues_[key];
    g.first.look(q.in_total);
    g.second.look(q.out_total);
  }
  queues_ = std::move(here);
  for (std::size_t i = 0; i < published_.size(); ++i) published_growth_[i].look(published_[i]);
  for (std::size_t i = 0; i < stage_count; ++i) {
    done_growth_[i].look(done_[i]);
    took_lately_[i].look(took_[i]);
  }
}

std::vector<queue_sample> introspection::queues(const std::vector<queue_figures>& now) const {
  const std::lock_guard lock{mutex_};
  std::vector<queue_sample> out;
  for (const auto& q : now) {
    queue_sample s{q, 0, 0};
    if (const auto it = queues_.find({q.partition, q.queue}); it != queues_.end()) {
      s.in_rate = it->second.first.a_second();
      s.out_rate = it->second.second.a_second();
    }
    out.push_back(s);
  }
  return out;
}

std::vector<topic_sample> introspection::topics() const {
  const std::lock_guard lock{mutex_};
  std::vector<topic_sample> out;
  for (std::size_t i = 0; i < published_.size(); ++i)
    out.push_back({static_cast<topic_name>(i), published_[i], published_growth_[i].a_second()});
  return out;
}

std::vector<stage_sample> introspection::stages() const {
  std::array<stage_sample, stage_count> out;
  for (const auto& a : census::here().all()) {
    if (a->kind() != "worker") continue;
    const auto name = a->name();
    auto& s = name.starts_with("preprocessor") ? out[0] : name.starts_with("processor") ? out[1] : out[2];
    ++s.workers;
    if (a->job_since_ns != 0) ++s.busy;
  }
  const std::lock_guard lock{mutex_};
  for (std::size_t i = 0; i < stage_count; ++i) {
    out[i].rate = done_growth_[i].a_second();
    const auto took = took_lately_[i].of(took_[i]);
    out[i].took.assign(took.of.begin(), took.of.end());
  }
  return {out.begin(), out.end()};
}

std::string introspection::id_of(std::uint64_t actor) const { return node_ + "." + std::to_string(actor); }

actor_view introspection::view_of(const actor_counters& a,
                                  const std::map<std::string, census::restarts>& restarts) const {
  const auto now = steady_ns();
  actor_view v;
  v.id = id_of(a.id);
  v.name = a.name();
  v.kind = a.kind();
  v.node = node_;
  if (a.parent != 0) v.parent = id_of(a.parent);
  v.mailbox = a.depth();
  v.mailbox_high = a.high_water;
  if (const auto oldest = a.oldest_ns()) v.oldest_ms = ms_since(*oldest, now);
  v.processed = a.handled;
  v.last_error = a.last_error();
  v.since = a.since;
  if (const auto r = restarts.find(v.name); r != restarts.end()) {
    v.restarts = r->second.count;
    v.restarted_at = r->second.at;
    if (v.last_error.empty()) v.last_error = r->second.last_error;
  }
  if (const auto since = a.busy_since_ns.load(); since != 0) {
    v.state = now - since > stuck_after_ns ? actor_state::stuck : actor_state::busy;
    v.current = a.current().text();
    v.current_ms = ms_since(since, now);
  } else if (const auto job = a.job_since_ns.load(); job != 0) {
    v.state = now - job > a.job_may_take_ns ? actor_state::stuck : actor_state::busy;
    v.current = "leased_work";
    v.current_ms = ms_since(job, now);
  }
  auto busy = a.busy.counts(), wait = a.wait.counts();
  if (const auto h = actors_.find(a.id); h != actors_.end()) {
    v.rate = h->second.handled.a_second();
    v.busy = std::min(1.0, h->second.busy_ns.a_second() / 1e9);
    busy = h->second.busy.of(busy);
    wait = h->second.wait.of(wait);
  }
  v.busy_ms_p50 = busy.percentile_ms(0.5);
  v.busy_ms_p99 = busy.percentile_ms(0.99);
  v.wait_ms_p50 = wait.percentile_ms(0.5);
  v.wait_ms_p99 = wait.percentile_ms(0.99);
  return v;
}

std::vector<actor_view> introspection::actors() const {
  const auto all = census::here().all();
  const auto restarts = restarts_by_name();
  std::vector<actor_view> out;
  out.reserve(all.size());
  {
    const std::lock_guard lock{mutex_};
    for (const auto& a : all) out.push_back(view_of(*a, restarts));
  }
  // Those that are down until their supervisor makes them again.
  const auto now = steady_clock::now();
  for (auto& d : dead_actors()) {
    const auto r = restarts.find(d.name);
    if (r == restarts.end() || r->second.again <= now) continue;
    const auto there = [&](const actor_view& v) { return v.name == d.name; };
    if (std::ranges::any_of(out, there)) continue;
    d.state = actor_state::backoff;
    out.push_back(std::move(d));
  }
  return out;
}

std::vector<actor_view> introspection::dead_actors() const {
  const auto restarts = restarts_by_name();
  std::vector<actor_view> out;
  for (auto& d : census::here().dead()) {
    actor_view v;
    v.id = id_of(d.id);
    v.name = std::move(d.name);
    v.kind = std::move(d.kind);
    v.node = node_;
    if (d.parent != 0) v.parent = id_of(d.parent);
    v.state = actor_state::dead;
    v.mailbox_high = d.high_water;
    v.processed = d.handled;
    v.last_error = std::move(d.last_error);
    v.since = d.since;
    v.ended_at = d.ended_at;
    v.reason = std::move(d.reason);
    if (const auto r = restarts.find(v.name); r != restarts.end()) {
      v.restarts = r->second.count;
      v.restarted_at = r->second.at;
    }
    out.push_back(std::move(v));
  }
  return out;
}

std::vector<actor_event_view> introspection::events(const actor_counters& a) const {
  const auto now = steady_ns();
  const auto wall = time_.wall();
  std::vector<actor_event_view> out;
  for (const auto& e : a.events())
    out.push_back({wall - milliseconds{ms_since(e.at_ns, now)}, e.what.text(),
                   static_cast<double>(e.waited_ns) / 1e6, static_cast<double>(e.worked_ns) / 1e6, e.failed});
  return out;
}

std::vector<done_work> introspection::works_of(const request_id& id) const {
  const std::lock_guard lock{mutex_};
  std::vector<done_work> out;
  std::ranges::copy_if(works_, std::back_inserter(out), [&](const done_work& w) { return w.request == id; });
  return out;
}

std::array<std::uint64_t, 3> introspection::ended_lately() const {
  const auto since = time_.steady() - lately;
  std::array<std::uint64_t, 3> out{};
  const std::lock_guard lock{mutex_};
  for (auto e = ended_.rbegin(); e != ended_.rend() && e->at >= since; ++e)
    ++out.at(static_cast<std::size_t>(e->status) - static_cast<std::size_t>(request_status::processed));
  return out;
}

}  // namespace dip
