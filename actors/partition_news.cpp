#include "actors/partition_news.hpp"

#include <array>
#include <utility>

#include <caf/send.hpp>

#include "actors/directory.hpp"

namespace dip {
namespace {

request_news news_of(const request_record& r) {
  return {r.id, r.status, r.run, r.timeline.empty() ? 0 : r.timeline.size() - 1};
}

}  // namespace

answer error_answer(const error& e) {
  answer a;
  a.ok = false;
  a.code = e.code;
  a.detail = e.detail;
  a.pointer = e.pointer;
  return a;
}

answer answer_of(const apply_outcome& o) {
  auto a = o.verdict ? answer{} : error_answer(o.verdict.error());
  a.request = o.request;
  a.idempotency = o.idempotency;
  a.redriven = o.redriven;
  a.refused = o.refused;
  return a;
}

void tell_topics(const environment* env, partition_id p, const std::vector<apply_outcome>& outcomes) {
  std::array<committed, queue_count> by_topic;
  for (const auto& o : outcomes) {
    for (const auto& c : o.queues)
      by_topic.at(static_cast<size_t>(c.message.ref.queue)).queue.push_back({o.index, c.what, c.message});
    for (const auto& r : o.requests)
      by_topic.at(static_cast<size_t>(r.topic)).news.push_back(news_of(r.record));
  }
  for (size_t t = 0; t < by_topic.size(); ++t)
    if (!by_topic[t].queue.empty() || !by_topic[t].news.empty())
      if (const auto h = env->where->topic(p, static_cast<topic_name>(t)))
        caf::anon_send(*h, std::move(by_topic[t]));
}

void tell_scrubber(const environment* env, const std::vector<apply_outcome>& outcomes) {
  std::vector<object_name> removed;
  stored_objects stored;
  for (const auto& o : outcomes) {
    removed.insert(removed.end(), o.removed_objects.begin(), o.removed_objects.end());
    // A node alone has made them itself.
    if (env->copies != nullptr)
      stored.names.insert(stored.names.end(), o.stored_objects.begin(), o.stored_objects.end());
  }
  if (removed.empty() && stored.names.empty()) return;
  const auto h = env->where->scrubber();
  if (!h) return;
  if (!removed.empty()) caf::anon_send(*h, std::move(removed));
  if (!stored.names.empty()) caf::anon_send(*h, std::move(stored));
}

}  // namespace dip
