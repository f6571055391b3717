// What a partition's log consists of. Everything that changes a partition's tables is one of these commands;
// applying them in order, on any replica, gives the same bytes. Times, ids, delays and decisions that depend
// on settings are stamped into the command by the leader. Grammar and an example: docs/formats.md, "The log".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/clock.hpp"
#include "core/errc.hpp"
#include "core/ids.hpp"
#include "core/object.hpp"
#include "core/queue_message.hpp"
#include "core/request.hpp"

namespace dip {

// A new leader's first entry; also the barrier of a linearizable read.
struct barrier {
  template <class S, class F>
  static auto fields(S&, F&& f) {
    return f();
  }
};

// The bytes are durable on a majority already.
struct put_object {
  object_row row;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.row);
  }
};

// `conflict` while the row is pinned, `not_found` when there is none.
struct delete_object {
  object_name name;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.name);
  }
};

// Publish to rtp-request-topic: the record, its message in rtp-request-queue, a pin on the input.
// `not_found` when the input's row is gone. A record with the same id is answered as if just made:
// idempotent.
struct accept_request {
  request_record record;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.record);
  }
};

// Leases handed out, one entry a batch. A message that is not ready any more is passed over.
struct grant_leases {
  struct grant {
    message_id id;
    fencing_token token;
    template <class S, class F>
    static auto fields(S& s, F&& f) {
      return f(s.id, s.token);
    }
  };
  queue_name queue = queue_name::request;
  std::string node;
  std::vector<grant> grants;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.queue, s.node, s.grants);
  }
};

// What a settlement needs to be accepted: exactly this token in the message's row, else `stale_lease`.
struct claim {
  message_ref message;
  fencing_token token;
  std::string node;
  std::string worker;
  std::uint64_t took_ms = 0;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.message, s.token, s.node, s.worker, s.took_ms);
  }
};

// Publish to rtp-preprocess-ok-topic.
struct complete_preprocess {
  claim by;
  object_row preprocessed;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.by, s.preprocessed);
  }
};

// Publish to rtp-notifier-topic: the outputs' rows, `processed`, and a message for each notification that is
// wanted.
struct complete_process {
  claim by;
  std::vector<object_row> objects;  // of the outputs, and of the preview
  std::vector<output_row> outputs;
  std::optional<object_name> preview;
  wall_time record_expires_at{};
  wall_time preprocessed_expires_at{};
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.by, s.objects, s.outputs, s.preview, s.record_expires_at, s.preprocessed_expires_at);
  }
};

// The image's fault, or the last try: the request ends `failed`, the owner is told. With `dead`, the message
// stays in the queue as a dead letter with its history and goes on pinning the input; else it is settled.
struct fail_request {
  claim by;
  request_failure failure;
  bool dead = false;
  wall_time record_expires_at{};
  wall_time preprocessed_expires_at{};
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.by, s.failure, s.dead, s.record_expires_at, s.preprocessed_expires_at);
  }
};

// A message goes back to its queue, visible again after `delay`. `counted`: it was a failed try.
struct return_message {
  claim by;
  error why;
  bool counted = false;
  milliseconds delay{0};
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.by, s.why.code, s.why.detail, s.counted, s.delay);
  }
};

// The preprocessed file is gone: this message is settled, and the stage before gets one again. No attempt
// counted.
struct redo_preprocess {
  claim by;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.by);
  }
};

// What came of a mail or a webhook; `detail` is what the other side said. A failed one stays as a dead letter
// when `dead`.
struct settle_notification {
  claim by;
  notification_state state = notification_state::sent;
  std::string detail;
  bool dead = false;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.by, s.state, s.detail, s.dead);
  }
};

// `conflict` when the request is final, `not_found` when there is none. Its messages are removed; a worker's
// late result meets `stale_lease`.
struct cancel_request {
  request_id id;
  wall_time record_expires_at{};
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.id, s.record_expires_at);
  }
};

// Retention: what is named here and is expired at the entry's time, not pinned and not live, goes.
struct remove_expired {
  std::vector<object_name> objects;
  std::vector<request_id> requests;
  std::vector<message_ref> dead_letters;
  std::vector<std::string> idempotency_keys;
  std::vector<ulid> audit = {};
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.objects, s.requests, s.dead_letters, s.idempotency_keys, s.audit);
  }
};

struct idempotency_row {
  std::string key;  // caller and Idempotency-Key, hashed
  std::string body_hash;
  request_id id;
  object_name file;
  wall_time expires_at{};
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.key, s.body_hash, s.id, s.file, s.expires_at);
  }
  bool operator==(const idempotency_row&) const = default;
};

// Answers the row that holds afterwards: the one given, or an earlier one that has not expired and is not the
// one of `instead_of`. Another body_hash than that one's: `idempotency_mismatch`.
struct reserve_idempotency {
  idempotency_row row;
  request_id instead_of =
      {};  // reserved before, and its file is gone: it can never be accepted. Not set: none
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.row, s.instead_of);
  }
};

// An address that refused a mail for good: no other request's mail goes there until it is cleared. Its row is
// in the partition that its address hashes to.
struct suppression_row {
  std::string address;  // in lower case
  wall_time since{};
  std::string detail;  // what the mail server said
  request_id request;  // whose mail it was
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.address, s.since, s.detail, s.request);
  }
  bool operator==(const suppression_row&) const = default;
};

// `since` is stamped. An address that is there already stays as it is.
struct suppress_address {
  suppression_row row;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.row);
  }
};

// `not_found` when it is not there.
struct clear_suppression {
  std::string address;  // in lower case
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.address);
  }
};

// The notifications of a final request once more, each a new message; what is on its way already is left
// alone. `not_found`; `conflict` when it is not final, wants none, or all are on their way.
struct resend_notification {
  request_id id;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.id);
  }
};

// Dead letters back to work. A stage's opens its request's next run, where it had stopped; a notification's
// message lives again as if it were new. One that cannot is passed over, and told of (`apply_outcome`).
struct redrive_dead_letters {
  queue_name queue = queue_name::request;
  std::vector<message_id> ids;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.queue, s.ids);
  }
};

// It goes, and no longer pins its input. `not_found` when it is no dead letter.
struct discard_dead_letter {
  message_ref message;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.message);
  }
};

// The next run of a failed request: where its dead letter had stopped, or from its beginning. `not_found`;
// `conflict` when it has not failed, or its input is gone.
struct retry_request {
  request_id id;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.id);
  }
};

// While it is paused nothing is leased out of the queue; what is leased already goes on.
struct pause_queue {
  queue_name queue = queue_name::request;
  bool paused = true;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.queue, s.paused);
  }
};

// What an operator did. Its row is in the partition of its id.
struct audit_row {
  ulid id;
  wall_time at{};
  std::string who;   // "admin token", "loopback", or "key NAME"
  std::string from;  // the address
  std::string what;  // "redrive rtp-request-queue"
  std::string on;    // "3 messages"
  std::string outcome;
  std::string reason;  // as given; may be empty
  std::string node;    // that was asked
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.id, s.at, s.who, s.from, s.what, s.on, s.outcome, s.reason, s.node);
  }
  bool operator==(const audit_row&) const = default;
};

// `at` is stamped. A second time changes nothing.
struct note_audit {
  audit_row row;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.row);
  }
};

using command =
    std::variant<barrier, put_object, delete_object, accept_request, grant_leases, complete_preprocess,
                 complete_process, fail_request, return_message, redo_preprocess, settle_notification,
                 cancel_request, remove_expired, reserve_idempotency, suppress_address, clear_suppression,
                 resend_notification, redrive_dead_letters, discard_dead_letter, retry_request, pause_queue,
                 note_audit>;

// What an entry of a partition's replicated log carries (core/log_view.hpp: its payload).
struct stamped_command {
  wall_time at{};  // max(last applied stamp, the leader's wall clock)
  command what;

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.at, s.what);
  }
};

// As it is applied. Never stored as such.
struct log_entry {
  log_index index;
  term_number term;
  wall_time at{};
  command what;
};

// What applying an entry did, for those who are awake on the leader. Never stored.
struct queue_change {
  enum class kind : std::uint8_t { added, leased, returned, removed, died, paused, resumed };
  kind what = kind::added;
  queue_message message;  // as it is after the change; as it was, when removed; of a pause, only its queue
};
// A dead letter that could not be redriven.
struct refused_message {
  message_id id;
  errc code = errc::conflict;
  std::string detail;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.id, s.code, s.detail);
  }
};
struct request_change {
  topic_name topic = topic_name::request;  // the topic through which it became known
  request_record record;
};
struct apply_outcome {
  log_index index;
  result<void> verdict;                        // what the proposer is told
  std::optional<idempotency_row> idempotency;  // of reserve_idempotency
  std::optional<request_record> request;       // the record that was touched, as it is now
  std::vector<queue_change> queues;
  std::vector<request_change> requests;
  std::vector<object_name> removed_objects;  // rows gone: their files may go
  std::vector<object_name> stored_objects;   // rows new: each replica is to have their files
  std::uint64_t redriven = 0;                // of redrive_dead_letters, and those that it passed over
  std::vector<refused_message> refused;
};

}  // namespace dip
