// Topics, queues, messages and leases as plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/errc.hpp"
#include "core/ids.hpp"

namespace dip {

enum class topic_name : std::uint8_t { request, preprocess_ok, notifier };
enum class queue_name : std::uint8_t { request, preprocess_ok, notifier };
inline constexpr std::uint8_t queue_count = 3;

// "rtp-request-topic", "rtp-request-queue" and so on.
[[nodiscard]] std::string_view to_string(topic_name t);
[[nodiscard]] std::string_view to_string(queue_name q);
[[nodiscard]] result<queue_name> parse_queue(std::string_view name);
// The queue that is subscribed to a topic.
[[nodiscard]] constexpr queue_name queue_of(topic_name t) { return static_cast<queue_name>(t); }

enum class message_kind : std::uint8_t { preprocess, process, email, webhook };
[[nodiscard]] std::string_view to_string(message_kind k);

// (term, counter): a later lease has a greater token, and a settlement needs exactly the row's.
struct fencing_token {
  std::uint64_t term = 0;
  std::uint64_t counter = 0;
  auto operator<=>(const fencing_token&) const = default;

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.term, s.counter);
  }
};

// A message's place in the cluster: what a worker carries and gives back.
struct message_ref {
  partition_id partition;
  queue_name queue = queue_name::request;
  message_id id;
  auto operator<=>(const message_ref&) const = default;

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.partition, s.queue, s.id);
  }
};

struct lease {
  fencing_token token;
  std::string node;
  wall_time since{};

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.token, s.node, s.since);
  }
  bool operator==(const lease&) const = default;
};

// One try that came to nothing.
struct attempt_record {
  wall_time at{};
  std::string node;
  errc code = errc::internal;
  std::string detail;
  bool counted = true;  // losing a node or a lease is not a failure of the image

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.at, s.node, s.code, s.detail, s.counted);
  }
  bool operator==(const attempt_record&) const = default;
};

// A row of a queue. Ready when it has no lease, is not dead and `visible_at` has come.
struct queue_message {
  message_ref ref;
  message_kind kind = message_kind::preprocess;
  request_id request;
  std::uint32_t run = 1;
  wall_time enqueued_at{};
  wall_time visible_at{};
  std::uint32_t acquired = 0;
  std::uint32_t failed = 0;
  std::optional<lease> leased;
  bool dead = false;
  wall_time dead_at{};
  std::vector<attempt_record> history;  // the last ten

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.ref, s.kind, s.request, s.run, s.enqueued_at, s.visible_at, s.acquired, s.failed, s.leased,
             s.dead, s.dead_at, s.history);
  }
  bool operator==(const queue_message&) const = default;
};

}  // namespace dip
