#include "storage/log_recovery.hpp"

#include <algorithm>
#include <utility>

#include "core/codec.hpp"
#include "storage/keys.hpp"
#include "storage/log_change.hpp"
#include "storage/log_record.hpp"
#include "storage/state_transfer.hpp"
#include "storage/stored_row.hpp"
#include "storage/table_view.hpp"

namespace dip {
namespace {

tl::unexpected<error> damaged(partition_id p, const std::string& what) {
  return fail(errc::corrupt, "the log of partition " + std::to_string(p.value) + " is damaged: " + what);
}

std::string entry_name(log_index i) { return "entry " + std::to_string(i.value); }

class reader {
public:
  reader(recovered_log& log, partition_id p, const std::optional<high_water_mark>& mark)
      : log_(log), p_(p), mark_(mark), checksum_(log.start.checksum) {}

  result<void> take(std::string_view key, std::string_view bytes) {
    const auto next = end();
    if (keys::read_number(key.substr(2)) != next.value) return damaged(p_, entry_name(next) + " is missing");
    const auto record = parse_record(bytes, checksum_);
    if (!record) return damaged(p_, record.error().detail + " at " + entry_name(next));
    auto stored = decode<stored_entry>(record->payload);
    if (!stored || stored->index != next) return damaged(p_, entry_name(next) + " cannot be read");
    if (mark_ && next == mark_->index && record->checksum != mark_->checksum)
      return damaged(p_, entry_name(next) + " is not the one that was durable");
    checksum_ = record->checksum;
    log_.slots.push_back({std::move(stored->entry), checksum_});
    return {};
  }

  [[nodiscard]] result<void> compare() const {
    const auto last = log_index{end().value - 1};
    const auto last_term = log_.slots.empty() ? log_.start.term : log_.slots.back().entry.term;
    if (last < log_.applied) return damaged(p_, "it ends before what was applied");
    if (log_.applied < log_.start.index) return damaged(p_, "it begins after what was applied");
    if (log_.voted.term < last_term) return damaged(p_, "it has forgotten its term");
    if (!mark_) return {};
    if (last < mark_->index) return damaged(p_, "it ends before " + entry_name(mark_->index));
    if (log_.voted.term < mark_->term) return damaged(p_, "it has forgotten its term");
    if (std::max(mark_->term, mark_->latest_term) < last_term)
      return damaged(p_, "the file of high-water marks is older than it");
    return {};
  }

private:
  [[nodiscard]] log_index end() const { return {log_.start.index.value + log_.slots.size() + 1}; }

  recovered_log& log_;
  partition_id p_;
  const std::optional<high_water_mark>& mark_;
  std::uint64_t checksum_;
};

}  // namespace

result<recovered_log> recover_log(kv_store& kv, partition_id p, const std::optional<high_water_mark>& mark) {
  if (auto done = complete_install(kv, p); !done) return tl::make_unexpected(done.error());
  const auto snapshot = kv.snapshot();
  auto voted = row_or_default<hard_state>(*snapshot, family::vote, keys::of_partition(p));
  auto start = row_or_default<snapshot_mark>(*snapshot, family::meta, log_start_key(p));
  auto applied = row_or_default<applied_row>(*snapshot, family::meta, applied_key(p));
  if (!voted || !start || !applied) return damaged(p, "its term or its beginning cannot be read");
  recovered_log log{*voted, std::move(*start), applied->index, {}};
  reader r{log, p, mark};
  result<void> verdict;
  const auto read =
      snapshot->each(family::log, keys::of_partition(p), keys::of_index(p, {log.start.index.value + 1}),
                     [&](std::string_view key, std::string_view bytes) {
                       verdict = r.take(key, bytes);
                       return verdict.has_value();
                     });
  if (!read) return damaged(p, read.error().detail);
  if (!verdict) return tl::make_unexpected(verdict.error());
  if (auto fits = r.compare(); !fits) return tl::make_unexpected(fits.error());
  return log;
}

}  // namespace dip
