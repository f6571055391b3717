#include "storage/retention.hpp"

#include <array>
#include <cstddef>

namespace dip {
namespace {

// So many names keep the command small beside an entry of a request.
constexpr std::size_t most_names = 256;

bool has_come(wall_time at, wall_time now) { return at != wall_time{} && at <= now; }

// Fills one command from one view; each of its steps ends when the command is full.
class collector {
public:
  collector(const state_view& view, wall_time now) : view_(view), now_(now) {}

  void objects(bucket in) {
    if (full()) return;
    view_.each_object(in, std::nullopt, [&](const object_row& row) {
      if (row.pins == 0 && has_come(row.expires_at, now_)) found_.objects.push_back(row.name);
      return !full();
    });
  }
  void requests() {
    if (full()) return;
    view_.each_request(std::nullopt, [&](const request_record& record) {
      if (is_final(record.status) && record.messages == 0 && has_come(record.expires_at, now_))
        found_.requests.push_back(record.id);
      return !full();
    });
  }
  void dead_letters(queue_name queue, milliseconds keep) {
    if (full()) return;
    view_.each_message(queue, true, message_id{}, [&](const queue_message& message) {
      if (has_come(message.dead_at, now_ - keep)) found_.dead_letters.push_back(message.ref);
      return !full();
    });
  }
  void idempotency() {
    if (full()) return;
    view_.each_idempotency([&](const idempotency_row& row) {
      if (has_come(row.expires_at, now_)) found_.idempotency_keys.push_back(row.key);
      return !full();
    });
  }

  void audit(milliseconds keep) {
    if (full()) return;
    view_.each_audit(std::nullopt, [&](const audit_row& row) {
      if (has_come(row.at, now_ - keep)) found_.audit.push_back(row.id);
      return !full();
    });
  }

  [[nodiscard]] std::optional<remove_expired> take() {
    if (names() == 0) return std::nullopt;
    return std::move(found_);
  }

private:
  [[nodiscard]] std::size_t names() const {
    return found_.objects.size() + found_.requests.size() + found_.dead_letters.size() +
           found_.idempotency_keys.size() + found_.audit.size();
  }
  [[nodiscard]] bool full() const { return names() >= most_names; }

  const state_view& view_;
  wall_time now_;
  remove_expired found_;
};

}  // namespace

std::optional<remove_expired> find_expired(const state_view& view, wall_time now,
                                           const retention_config& keep) {
  constexpr std::array buckets{bucket::request_files, bucket::preprocessed_files, bucket::processed_files};
  constexpr std::array queues{queue_name::request, queue_name::preprocess_ok, queue_name::notifier};
  collector expired(view, now);
  for (const auto in : buckets) expired.objects(in);
  expired.requests();
  for (const auto queue : queues) expired.dead_letters(queue, keep.dead_letters);
  expired.idempotency();
  expired.audit(keep.audit);
  return expired.take();
}

}  // namespace dip
