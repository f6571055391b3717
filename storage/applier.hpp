// One log entry being applied: a member function per command, in apply_*.cpp, and the steps that they share.
// What a command writes, `table_changes` holds until the batch is written.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "core/log_entry.hpp"
#include "storage/table_changes.hpp"

namespace dip {

// Used once, on the thread that applies. Refers to the entry and the rows given. Throws `damaged_state`.
class applier {
public:
  applier(partition_id p, const log_entry& entry, table_changes& rows) : p_(p), entry_(entry), rows_(rows) {
    out_.index = entry.index;
  }

  apply_outcome run();

private:
  static result<void> on(const barrier&) { return {}; }
  result<void> on(const put_object& c);
  result<void> on(const delete_object& c);
  result<void> on(const accept_request& c);
  result<void> on(const cancel_request& c);
  result<void> on(const grant_leases& c);
  result<void> on(const return_message& c);
  result<void> on(const settle_notification& c);
  result<void> on(const complete_preprocess& c);
  result<void> on(const complete_process& c);
  result<void> on(const fail_request& c);
  result<void> on(const redo_preprocess& c);
  result<void> on(const remove_expired& c);
  result<void> on(const reserve_idempotency& c);
  result<void> on(const suppress_address& c);
  result<void> on(const clear_suppression& c);
  result<void> on(const resend_notification& c);
  result<void> on(const redrive_dead_letters& c);
  result<void> on(const discard_dead_letter& c);
  result<void> on(const retry_request& c);
  result<void> on(const pause_queue& c);
  result<void> on(const note_audit& c);

  [[nodiscard]] static bool is_stage(message_kind k) {
    return k == message_kind::preprocess || k == message_kind::process;
  }
  // Expired at the entry's time; a time that is not set never is.
  [[nodiscard]] bool over(wall_time t) const { return t != wall_time{} && t <= entry_.at; }

  [[nodiscard]] std::optional<request_record> request(const request_id& id) const;
  // One that is not dead.
  [[nodiscard]] std::optional<queue_message> message(const message_ref& ref) const;
  // The message that the claim's token holds. Anybody else comes too late: `stale_lease`.
  [[nodiscard]] result<queue_message> claimed(const claim& by) const;
  // The same with its live request, for a stage's message, of that kind if one is given.
  [[nodiscard]] result<std::pair<queue_message, request_record>> claimed_stage(
      const claim& by, std::optional<message_kind> kind) const;

  // Requests.
  void save(request_record r, topic_name topic);
  void finish(request_record& r, wall_time expires_at, wall_time preprocessed_expires_at);
  void notify(request_record& r);
  void unpin(request_record& r);
  // False: the input is gone.
  [[nodiscard]] bool pin_again(request_record& r);
  // A failed request's run n+1. `dead`: its dead letter, which goes; nullptr: it has none.
  result<void> run_again(request_record r, const queue_message* dead);
  // One more of its caller's requests is live, or one less.
  void count_live(const request_record& r, bool more);
  // Only a final one that is over and has no message left.
  void remove_request(const request_id& id);

  // Messages.
  message_ref enqueue(request_record& r, queue_name q, message_kind kind);
  void keep(const queue_message& m, queue_change::kind what);
  void drop(const queue_message& m, request_record& of);
  // Into the message's history, which keeps the newest ten.
  static void remember(queue_message& m, attempt_record a);
  // To the dead letters.
  void bury(queue_message m, attempt_record why);
  // A dead letter goes. Without it a stage cannot be redriven: the input is free to go.
  void discard(const message_ref& ref);
  [[nodiscard]] std::optional<queue_message> dead_letter(const message_ref& ref) const;
  result<void> redrive(const message_ref& ref);
  result<void> redrive_notification(queue_message m, request_record r);

  // Objects.
  object_row put_row(object_row row);
  void drop_object(const object_name& name);

  partition_id p_;
  const log_entry& entry_;
  table_changes& rows_;
  apply_outcome out_;
  std::uint64_t ordinal_ = 0;  // messages that this entry has made so far
};

}  // namespace dip
