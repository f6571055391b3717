// What operators see of a cluster, and what they can do to it. As in ports.hpp: plain classes that runtime/
// implements; every call may come from any handler thread and may block until it has its answer. Nodes that
// do not answer within a second stand in `unreachable`, and hold up nobody.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/introspection.hpp"
#include "core/log_entry.hpp"
#include "http/ports.hpp"

namespace dip::http {

struct topic_picture {
  topic_name name = topic_name::request;
  std::uint64_t published = 0;  // since its leaders' nodes began
  double rate = 0;              // a second, over the last ten
};

struct queue_picture {
  struct part {
    std::uint16_t number = 0;
    std::string leader = {};  // empty: none is known
    std::uint64_t visible = 0, in_flight = 0, delayed = 0, dead = 0;
    std::optional<std::uint64_t> oldest_ms = {};
    bool paused = false;
  };
  queue_name name = queue_name::request;
  double in_rate = 0, out_rate = 0;
  std::uint64_t acquired = 0, returned = 0;  // since its leaders' nodes began
  std::vector<part> partitions = {};         // those whose leader has answered
};

struct flow_picture {
  std::vector<topic_picture> topics;
  std::vector<queue_picture> queues;
  std::vector<std::string> unreachable;
};

struct message_query {
  queue_name queue = queue_name::request;
  bool dead = false;
  std::optional<std::uint8_t> state = {};  // 0 visible, 1 in flight, 2 delayed
  std::optional<std::uint16_t> partition = {};
  std::optional<errc> error = {};
  std::uint32_t limit = 50;
  std::string cursor = {};
};

struct message_page {
  std::vector<queue_message> items;  // partition by partition, oldest first
  std::string next_cursor;           // empty at the end
  wall_time now{};                   // as of when
  struct group {
    errc code = errc::internal;
    std::uint64_t count = 0;
  };
  std::vector<group> groups;  // of dead letters, most frequent first
  std::uint64_t total = 0;
  bool more = false;                     // there are more than were counted
  std::vector<std::string> unreachable;  // nodes whose partitions could not be read
};

struct redrive_query {
  queue_name queue = queue_name::request;
  std::vector<message_ref> ids = {};  // empty: all
  std::optional<errc> error = {};     // with no ids: those only
};

struct redrive_outcome {
  struct refusal {
    message_ref message;
    errc code = errc::conflict;
    std::string detail;
  };
  std::uint64_t redriven = 0;
  std::vector<refusal> refused;
};

struct actor_query {
  std::string node, kind, state, parent, text;
  std::string sort;  // "mailbox", "rate", "busy", "restarts", "name"; empty: the tree
  std::uint32_t limit = 50;
  std::uint64_t from = 0;
};

struct actor_page {
  std::vector<actor_view> items;
  std::uint64_t total = 0;
  std::vector<std::string> unreachable;
};

struct actor_detail {
  actor_view actor;
  std::vector<actor_event_view> events;
  std::vector<std::string> children;
};

struct trace_hop {
  std::string what;  // "accepted", "preprocess", "returned", "notify email", …
  std::optional<queue_name> queue = {};
  std::string node = {}, actor = {};
  std::optional<std::uint32_t> attempt = {};
  wall_time at{};
  std::optional<std::uint64_t> waited_ms = {}, worked_ms = {};
  std::string outcome = {};  // "done", "failed", "returned"
  std::optional<error> fault = {};
};

struct request_trace {
  request_record record;
  std::vector<trace_hop> hops;  // in time order
  std::vector<std::string> unreachable;
};

// What is shown of the whole cluster each second.
struct overview_picture {
  struct node {
    std::string name = {};
    bool up = false, draining = false;
    double load = 0;
    std::uint64_t busy_workers = 0, workers = 0;
    double images_per_s = 0;
  };
  struct stage {
    std::string name = {};  // "preprocess", "process", "notify"
    std::uint64_t workers = 0, busy = 0;
    double rate = 0, p50_ms = 0, p99_ms = 0;
  };
  wall_time at{};
  flow_picture flow;
  std::vector<node> nodes;
  std::vector<stage> stages;
  // By status: of those that are not final how many there are, of the others how many became so within the
  // last minute.
  std::array<std::uint64_t, 7> requests{};
};

// Of all that changes. `next` gives whole events, and may give none.
class event_feed {
public:
  virtual ~event_feed() = default;
  virtual void start(waker wake) = 0;
  virtual std::string next() = 0;
};

class operator_port {
public:
  virtual ~operator_port() = default;
  [[nodiscard]] virtual flow_picture flow() = 0;
  // `bad_request` for a cursor that was not made here.
  virtual result<message_page> messages(const message_query& q) = 0;
  virtual result<redrive_outcome> redrive(const redrive_query& q) = 0;
  // In all partitions, or an error; then it may be so in some.
  virtual result<void> pause(queue_name queue, bool paused) = 0;
  virtual result<void> discard(const message_ref& message) = 0;
  // `not_found`, `conflict`.
  virtual result<request_record> retry(const request_id& id) = 0;
  virtual result<page<audit_row>> audit(std::uint32_t limit, std::string_view cursor) = 0;
  // `id`, `at` and `node` are filled in. What cannot be kept is in the node's log.
  virtual void note(audit_row row) = 0;

  [[nodiscard]] virtual actor_page actors(const actor_query& q) = 0;
  // "n1.42"
  virtual result<actor_detail> actor(const std::string& id) = 0;
  // `conflict` where no supervisor would make it again.
  virtual result<actor_view> restart(const std::string& id) = 0;
  virtual result<request_trace> trace(const request_id& id) = 0;
  // `not_found`; `conflict` when that node cannot lead it.
  virtual result<void> lead(std::uint16_t partition, const std::string& node) = 0;
  virtual result<void> drain(const std::string& node) = 0;
  // nullptr: there are as many as there may be.
  [[nodiscard]] virtual std::unique_ptr<event_feed> feed() = 0;
};

}  // namespace dip::http
