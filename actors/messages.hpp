// What actors say to each other, as plain records. They travel between nodes in our own codec
// (core/codec.hpp), never in CAF's, so that their format is ours to keep; none is larger than 64 KiB.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/envelope.hpp"
#include "core/codec.hpp"
#include "core/log_entry.hpp"

namespace dip {

// An entry for the partition's log. Answered once it is durable on a majority and applied; `no_quorum` where
// the partition is not led, nothing was taken, and where it is led no longer: what came of it is unknown.
struct propose {
  command what;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.what);
  }
};

// Rows of one partition.
struct found_rows {
  std::vector<request_record> requests;
  std::vector<object_row> objects;
  std::vector<idempotency_row> idempotency;
  std::vector<suppression_row> suppressions;
  std::uint64_t count = 0;
  bool more = false;  // a listing was cut, for its length: go on behind its last row
  std::vector<queue_message> messages;
  std::vector<audit_row> audit;
  struct error_count {
    errc code = errc::internal;
    std::uint64_t count = 0;
    template <class S, class F>
    static auto fields(S& s, F&& f) {
      return f(s.code, s.count);
    }
  };
  std::vector<error_count> groups;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.requests, s.objects, s.idempotency, s.suppressions, s.count, s.more, s.messages, s.audit,
             s.groups);
  }
};

// What became of a proposal: nothing wrong, or the error that applying it gave. Or what was found.
struct answer {
  bool ok = true;
  errc code = errc::internal;
  std::string detail;
  std::string pointer;  // JSON pointer to the field at fault, if there is one
  std::optional<request_record> request;
  std::optional<idempotency_row> idempotency;
  std::optional<found_rows> found;
  // Of a failure: whether it may have been taken all the same. False: for certain it was not.
  bool maybe_taken = false;
  std::string leader;  // of `no_quorum`: the node to ask instead; empty: not known
  std::uint64_t redriven = 0;
  std::vector<refused_message> refused;  // of dead letters that were to be redriven
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.ok, s.code, s.detail, s.pointer, s.request, s.idempotency, s.found, s.maybe_taken, s.leader,
             s.redriven, s.refused);
  }
};

// A worker's or the gateway's news for a topic: the entry that makes it true.
struct publish {
  command what;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.what);
  }
};

// The group's majority is gone for good: this replica goes on as its leader in `term`, with those members
// whose nodes are in cluster.conf. `empty`: no copy is left, and it begins with nothing.
struct take_over {
  term_number term;
  bool empty = false;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.term, s.empty);
  }
};

// From another node's replica of this partition, or several of them: bytes of consensus/parcel.hpp.
struct parcel {
  std::string bytes;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.bytes);
  }
};

// What `read_rows` looks for. The numbers are the wire's.
enum class row_kind : std::uint8_t {
  request,      // by id; from here to `suppression` answered by one row, or `not_found`
  object,       // by its key in the bucket `in`
  idempotency,  // by key
  suppression,  // by address
  // Listings: newest first, strictly older than `key` unless that is empty; no more than `limit`, and no more
  // bytes than pass a link.
  requests,      // `status` 255: of any
  objects,       // in `in`; not those that are unlisted
  suppressions,  // in the order of their addresses, strictly behind `key`
  live,          // counts requests that are not final of the API key of this name
  audit,         // what operators did
  // Of the queue `queue`, oldest first, strictly behind the message `key`:
  messages,       // those alive, in the state `status` (`message_state`), 255: in any
  dead_letters,   // with the error `error`, or any
  dead_by_error,  // `groups` and `count` of the first `limit`
};

// Where a message of a queue is.
enum class message_state : std::uint8_t { visible, in_flight, delayed, dead };
[[nodiscard]] inline message_state state_of(const queue_message& m, wall_time now) {
  if (m.dead) return message_state::dead;
  if (m.leased) return message_state::in_flight;
  return m.visible_at > now ? message_state::delayed : message_state::visible;
}

// Rows of the partition. One by its name is read as of now: `no_quorum` where that cannot be known; listings
// are what is applied there.
struct read_rows {
  row_kind what = row_kind::request;
  std::string key = {};
  bucket in = bucket::request_files;
  std::uint32_t limit = 50;
  std::uint8_t status = 255;
  wall_time since{};  // requests: of this time or newer; messages: as they are at this time
  queue_name queue = queue_name::request;
  std::optional<errc> error = {};
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.what, s.key, s.in, s.limit, s.status, s.since, s.queue, s.error);
  }
};

// A call that is to reach the partition's leader, wherever it is.
struct far_call {
  envelope_kind kind = envelope_kind::none;  // propose, publish or read
  partition_id partition;
  std::string bytes;  // of the record
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.kind, s.partition, s.bytes);
  }
};

// `publish` and `lease_request` on the wire: of which topic, of which queue.
struct topic_call {
  topic_name topic = topic_name::request;
  publish what;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.topic, s.what);
  }
};

// A request as its watchers need it: `GET /requests/{id}?wait`, event streams, the console.
struct request_news {
  request_id id;
  request_status status = request_status::accepted;
  std::uint32_t run = 1;
  std::uint64_t event = 0;  // index of the newest timeline event
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.id, s.status, s.run, s.event);
  }
};

// What an applied entry changed in one queue; from the partition through the queue's topic, in the log's
// order.
struct queue_delta {
  log_index index;
  queue_change::kind what = queue_change::kind::added;
  queue_message message;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.index, s.what, s.message);
  }
};

// From the partition to a topic, for it to broadcast.
struct committed {
  std::vector<queue_delta> queue;
  std::vector<request_news> news;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.queue, s.news);
  }
};

// From the partition to its node's scrubber: rows of the durable buckets that are new.
struct stored_objects {
  std::vector<object_name> names;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.names);
  }
};

// From a topic to the queues that are subscribed to it.
struct delivered {
  std::vector<queue_delta> deltas;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.deltas);
  }
};

// From a topic to the relay of each node. No news: some may have been missed, everybody looks again.
struct announced {
  topic_name topic = topic_name::request;
  std::vector<request_news> news;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.topic, s.news);
  }
};

// A dispatcher wants up to `most` messages, of which up to `most_slow` may be slow ones (core/plan.hpp);
// `holder` names its node and that node's start.
struct lease_request {
  std::uint32_t most = 1;
  std::string holder;
  std::uint32_t most_slow = 1;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.most, s.holder, s.most_slow);
  }
};

struct queue_call {
  queue_name queue = queue_name::request;
  lease_request what;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.queue, s.what);
  }
};

// All that a worker needs: the message, the token that its result must show, and the request.
struct leased_work {
  queue_message message;
  fencing_token token;
  request_record request;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.message, s.token, s.request);
  }
};

struct lease_reply {
  partition_id partition;
  queue_name queue = queue_name::request;
  std::vector<leased_work> work;
  std::uint64_t left = 0;  // messages that are ready still
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.partition, s.queue, s.work, s.left);
  }
};

// The worker is still at it.
struct renew_lease {
  message_ref message;
  fencing_token token;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.message, s.token);
  }
};

// The answer to it, on the wire.
struct renewed {
  bool held = false;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.held);
  }
};

// The message goes back: a try that failed and may pass, or work that was never begun (`counted` false).
struct give_back {
  claim by;
  errc code = errc::internal;
  std::string detail;
  bool counted = true;
  milliseconds not_before{0};  // the next try waits for so long at least
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.by, s.code, s.detail, s.counted, s.not_before);
  }
};

// A lease that comes back unused, from this node.
[[nodiscard]] inline give_back not_begun(const std::string& node, const leased_work& w) {
  return {{w.message.ref, w.token, node, "", 0}, errc::overloaded, "not begun", false, {}};
}

// A queue has messages that are ready; coalesced.
struct available {
  partition_id partition;
  queue_name queue = queue_name::request;
  std::uint64_t count = 0;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.partition, s.queue, s.count);
  }
};

// A worker has nothing to do: one credit for the dispatcher.
struct idle {
  std::uint64_t worker = 0;  // its actor id
  queue_name queue = queue_name::request;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.worker, s.queue);
  }
};

// A worker has something to do already: so it tells a dispatcher that was made again.
struct at_work {
  std::uint64_t worker = 0;  // its actor id
  queue_name queue = queue_name::request;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.worker, s.queue);
  }
};

// What a node says of itself to its peers, whenever it changes and whenever they meet.
struct standing {
  node_id as;  // its name in Raft; 0: it does not know yet whether the cluster is new
  bool draining = false, unfit = false;  // it leads nothing: it stops, or its disk is full or slow
  std::string start;                     // this run of its process
  // Of a node whose partitions have begun in this run: the runs that it was told of before. They begin the
  // cluster with it; who is not among them joins.
  std::vector<std::string> founders;
  std::string nodes;      // the list that it goes by (runtime/roster.hpp)
  bool complete = false;  // it has all that it should have by that list
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.as, s.draining, s.unfit, s.start, s.founders, s.nodes, s.complete);
  }
};

// Stop taking work; answered when what runs is done or given back.
struct drain {
  template <class S, class F>
  static auto fields(S&, F&& f) {
    return f();
  }
};

struct queue_figures {
  partition_id partition;
  queue_name queue = queue_name::request;
  std::uint64_t visible = 0, in_flight = 0, delayed = 0, dead = 0;
  std::uint64_t oldest_age_ms = 0;
  std::uint64_t in_total = 0, out_total = 0;
  std::uint64_t acquired_total = 0, returned_total = 0;
  bool paused = false;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.partition, s.queue, s.visible, s.in_flight, s.delayed, s.dead, s.oldest_age_ms, s.in_total,
             s.out_total, s.acquired_total, s.returned_total, s.paused);
  }
};

struct ask_figures {
  template <class S, class F>
  static auto fields(S&, F&& f) {
    return f();
  }
};

// CAF's view of a record: the bytes of our codec.
template <class Inspector, class T>
  requires requires(T& x, encoder& e) { T::fields(x, e); }
typename Inspector::result_type inspect(Inspector& f, T& x) {
  if constexpr (Inspector::reads_state) {
    auto bytes = encode(x);
    return f(bytes);
  } else {
    std::string bytes;
    auto r = f(bytes);
    if (auto decoded = decode<T>(bytes)) x = std::move(*decoded);
    return r;
  }
}

}  // namespace dip
