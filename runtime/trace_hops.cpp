#include "runtime/trace_hops.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace dip {
namespace {

queue_name queue_for(message_kind k) {
  return k == message_kind::preprocess ? queue_name::request
         : k == message_kind::process  ? queue_name::preprocess_ok
                                       : queue_name::notifier;
}

std::string word_of(message_kind k) {
  if (k == message_kind::email) return "notify email";
  if (k == message_kind::webhook) return "notify webhook";
  return std::string{to_string(k)};
}

http::trace_hop hop_of(done_work w) {
  using outcome = done_work::outcome;
  http::trace_hop h{.what = word_of(w.kind),
                    .queue = queue_for(w.kind),
                    .node = std::move(w.node),
                    .actor = std::move(w.worker),
                    .attempt = w.attempt,
                    .at = w.at,
                    .waited_ms = w.waited_ms,
                    .worked_ms = w.worked_ms,
                    .outcome = w.came == outcome::done       ? "done"
                               : w.came == outcome::returned ? "returned"
                                                             : "failed"};
  if (w.came != outcome::done) h.fault = error{w.code, std::move(w.detail), {}};
  return h;
}

}  // namespace

std::vector<http::trace_hop> hops_of(const request_record& r, const std::vector<queue_message>& messages,
                                     std::vector<done_work> works) {
  std::vector<http::trace_hop> out;
  // What a worker's node remembers of a step says more than the timeline does, which has the time of its
  // entry in the log: a busy cluster's comes late.
  const auto remembered = [&](message_kind k, const std::string& worker, wall_time ended) {
    return std::ranges::any_of(works, [&](const done_work& w) {
      const auto apart = w.at + milliseconds{w.worked_ms} - ended;
      return w.kind == k && w.worker == worker && apart < milliseconds{2'000} &&
             apart > milliseconds{-60'000};
    });
  };
  for (const auto& e : r.timeline) {
    http::trace_hop h{
        .what = std::string{to_string(e.status)}, .node = e.node, .at = e.at, .outcome = "done"};
    const bool first = e.status == request_status::preprocessed && !e.worker.empty();
    const bool second = e.status == request_status::processed;
    const bool ended = e.status == request_status::failed;
    if (e.status == request_status::preprocessing || e.status == request_status::processing) continue;
    if (first || second || (ended && !e.worker.empty())) {
      const auto kind = first || (ended && r.failure && r.failure->stage == "preprocess")
                            ? message_kind::preprocess
                            : message_kind::process;
      if (remembered(kind, e.worker, e.at)) continue;
      h.what = word_of(kind);
      h.queue = queue_for(kind);
      h.actor = e.worker;
      h.at = e.at - milliseconds{e.took_ms};
      h.worked_ms = e.took_ms;
    }
    if (ended) {
      h.outcome = "failed";
      if (r.failure) h.fault = error{r.failure->code, r.failure->detail, {}};
    }
    out.push_back(std::move(h));
  }
  // Leases that ran out have no worker that could tell.
  for (const auto& m : messages)
    for (const auto& a : m.history) {
      if (std::ranges::any_of(works, [&](const done_work& w) {
            return w.kind == m.kind && w.code == a.code && w.came != done_work::outcome::done &&
                   w.at <= a.at + milliseconds{1'000} && w.at + milliseconds{w.worked_ms + 2'000} >= a.at;
          }))
        continue;
      http::trace_hop h{.what = "returned",
                        .queue = m.ref.queue,
                        .node = a.node,
                        .at = a.at,
                        .outcome = "returned",
                        .fault = error{a.code, a.detail, {}}};
      out.push_back(std::move(h));
    }
  for (auto& w : works) out.push_back(hop_of(std::move(w)));
  for (const auto& m : messages) {
    if (m.dead || m.leased) continue;
    out.push_back({.what = "waiting", .queue = m.ref.queue, .at = m.enqueued_at});
  }
  std::ranges::stable_sort(out, {}, &http::trace_hop::at);
  return out;
}

}  // namespace dip
