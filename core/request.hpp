// A request's record, and the steps that it may take.
//
//                 ┌──────────────── cancel ───────────────┬──▶ cancelled
//                 │                   │                   │
//   accepted ──▶ preprocessing ──▶ preprocessed ──▶ processing ──▶ processed
//                 │                                   │
//                 └─────────────── fail ──────────────┴──▶ failed
//
// The status is a high-water mark: a stage that is made again does not lower it. The three on the right are
// final: only a redrive, which opens run n+1, leads out of `failed`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/errc.hpp"
#include "core/ids.hpp"
#include "core/object.hpp"
#include "core/plan.hpp"
#include "core/queue_message.hpp"
#include "core/recipe.hpp"

namespace dip {

enum class request_status : std::uint8_t {
  accepted,
  preprocessing,
  preprocessed,
  processing,
  processed,
  failed,
  cancelled
};
[[nodiscard]] std::string_view to_string(request_status s);
[[nodiscard]] result<request_status> parse_request_status(std::string_view word);
[[nodiscard]] constexpr bool is_final(request_status s) { return s >= request_status::processed; }

enum class notification_state : std::uint8_t { none, pending, sent, failed };
[[nodiscard]] std::string_view to_string(notification_state s);

struct request_failure {
  errc code = errc::internal;
  std::string detail;
  std::string stage;  // "preprocess" or "process"

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.code, s.detail, s.stage);
  }
  bool operator==(const request_failure&) const = default;
};

struct timeline_event {
  wall_time at{};
  request_status status = request_status::accepted;
  std::string node;
  std::string worker;
  std::uint64_t took_ms = 0;

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.at, s.status, s.node, s.worker, s.took_ms);
  }
  bool operator==(const timeline_event&) const = default;
};

// What a finished output is.
struct output_row {
  std::string name;
  object_name object;
  image_format format = image_format::jpeg;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint64_t size = 0;

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.name, s.object, s.format, s.width, s.height, s.size);
  }
  bool operator==(const output_row&) const = default;
};

struct request_record {
  request_id id;
  object_name file;
  std::string file_name;  // the uploader's name of it; the key when there is none
  recipe what;
  std::string preset;
  job_plan plan;
  std::string email;
  std::string webhook;
  std::string metadata_json;
  std::string caller;  // the name of the API key that it came with, or empty
  std::uint32_t run = 1;
  request_status status = request_status::accepted;
  std::optional<request_failure> failure;
  std::optional<object_row> preprocessed;
  std::vector<output_row> outputs;
  std::optional<object_name> preview;
  notification_state email_state = notification_state::none;
  notification_state webhook_state = notification_state::none;
  std::string notification_detail;        // what the mail server said last
  std::uint32_t preprocess_attempts = 0;  // acquired
  std::uint32_t process_attempts = 0;
  std::uint32_t notify_attempts = 0;
  std::vector<timeline_event> timeline;  // its index is the event id of GET /requests/{id}/events
  wall_time created_at{};
  wall_time updated_at{};
  wall_time expires_at{};           // set when final
  bool unpinned = false;            // the input is no longer counted as needed
  std::optional<message_ref> work;  // its message, while it is live; failed, its dead letter
  std::uint32_t messages = 0;       // that speak of it in any queue, dead letters too
  std::string webhook_detail;       // what the endpoint said last
  std::string language;             // of the e-mail, "de"; empty: smtp.language

  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.id, s.file, s.file_name, s.what, s.preset, s.plan, s.email, s.webhook, s.metadata_json, s.run,
             s.status, s.failure, s.preprocessed, s.outputs, s.preview, s.email_state, s.webhook_state,
             s.notification_detail, s.preprocess_attempts, s.process_attempts, s.notify_attempts, s.timeline,
             s.created_at, s.updated_at, s.expires_at, s.unpinned, s.work, s.messages, s.caller,
             s.webhook_detail, s.language);
  }
  bool operator==(const request_record&) const = default;
};

// Moves `r` up to `to` and notes it in the timeline; nothing happens, and false is answered, when the status
// is already there or further, or final. Deterministic: `event.at` comes from the log entry.
bool advance(request_record& r, timeline_event event);

}  // namespace dip
