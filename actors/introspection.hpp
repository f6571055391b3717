// What a node knows of its own actors, queues, topics and workers: looked at each second by the inspector
// (actors/inspector.hpp), told of by topics and workers, read by whoever answers for operators. Bounded,
// however long it goes on. Free of CAF.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "actors/census.hpp"
#include "actors/messages.hpp"
#include "core/clock.hpp"
#include "core/introspection.hpp"

namespace dip {

// Of a counter that was looked at each second: how much it grew in a second, over the last ten.
class growth {
public:
  void look(std::uint64_t value);
  [[nodiscard]] double a_second() const;

private:
  static constexpr std::size_t looks = 11;
  std::array<std::uint64_t, looks> seen_{};
  std::size_t count_ = 0;
};

// A histogram less what it was half a minute to a minute ago.
class recent_durations {
public:
  void look(const duration_counts& now);  // each second
  // Of the last half minute to a minute; where there was none, of all time.
  [[nodiscard]] duration_counts of(const duration_counts& now) const;

private:
  duration_counts before_, older_;
  std::uint32_t seconds_ = 0;
};

inline constexpr std::size_t stage_count = 3;
// "preprocess", "process", "notify"
[[nodiscard]] std::string_view stage_word(std::size_t stage);
[[nodiscard]] constexpr std::size_t stage_of(message_kind k) {
  return k == message_kind::preprocess ? 0 : k == message_kind::process ? 1 : 2;
}

struct queue_sample {
  queue_figures now;
  double in_rate = 0, out_rate = 0;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.now, s.in_rate, s.out_rate);
  }
};

struct topic_sample {
  topic_name topic = topic_name::request;
  std::uint64_t published = 0;
  double rate = 0;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.topic, s.published, s.rate);
  }
};

struct stage_sample {
  std::uint64_t workers = 0, busy = 0;
  double rate = 0;
  std::vector<std::uint32_t> took;  // duration_counts of the last minute
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.workers, s.busy, s.rate, s.took);
  }
};

// Any thread.
class introspection {
public:
  static constexpr std::size_t works_kept = 10'000;
  static constexpr std::size_t finals_kept = 50'000;

  introspection(std::string node, const clock& time) : node_(std::move(node)), time_(time) {}

  // From topics, workers, and the relay.
  void note_published(topic_name t);
  void note_done(done_work w);
  void note_news(const request_news& n);
  // From the inspector, each second: the figures of the queues that are awake here.
  void look(const std::vector<queue_figures>& queues);
  // Called with all news of requests, on the relay's thread; nothing: nobody listens any more.
  void on_news(std::function<void(const request_news&)> f);

  [[nodiscard]] std::vector<queue_sample> queues(const std::vector<queue_figures>& now) const;
  [[nodiscard]] std::vector<topic_sample> topics() const;
  [[nodiscard]] std::vector<stage_sample> stages() const;
  // In no order; the dead are not among them.
  [[nodiscard]] std::vector<actor_view> actors() const;
  [[nodiscard]] std::vector<actor_view> dead_actors() const;
  [[nodiscard]] std::vector<actor_event_view> events(const actor_counters& a) const;
  [[nodiscard]] std::vector<done_work> works_of(const request_id& id) const;
  // Requests that ended within the last minute: processed, failed, cancelled.
  [[nodiscard]] std::array<std::uint64_t, 3> ended_lately() const;

private:
  struct actor_history {
    growth handled, busy_ns;
    recent_durations busy, wait;
    bool alive = true;
  };
  [[nodiscard]] std::string id_of(std::uint64_t actor) const;
  [[nodiscard]] actor_view view_of(const actor_counters& a,
                                   const std::map<std::string, census::restarts>& restarts) const;

  const std::string node_;
  const clock& time_;
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, actor_history> actors_;
  std::map<std::pair<partition_id, queue_name>, std::pair<growth, growth>> queues_;
  std::array<std::uint64_t, queue_count> published_{};
  std::array<growth, queue_count> published_growth_;
  std::array<duration_counts, stage_count> took_;
  std::array<recent_durations, stage_count> took_lately_;
  std::array<std::uint64_t, stage_count> done_{};
  std::array<growth, stage_count> done_growth_;
  std::deque<done_work> works_;
  struct ended {
    request_id id;
    std::uint32_t run = 1;
    request_status status = request_status::processed;
    steady_time at{};
  };
  std::deque<ended> ended_;
  std::unordered_map<request_id, std::uint32_t> ended_runs_;
  std::function<void(const request_news&)> on_news_;
};

}  // namespace dip
