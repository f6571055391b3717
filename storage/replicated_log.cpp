#include "storage/replicated_log.hpp"

#include <algorithm>
#include <utility>

#include "core/codec.hpp"
#include "storage/keys.hpp"
#include "storage/log_record.hpp"

namespace dip {

result<std::unique_ptr<replicated_log>> replicated_log::open(kv_store& kv, partition_id p,
                                                             const std::optional<high_water_mark>& mark,
                                                             options o) {
  auto log = recover_log(kv, p, mark);
  if (!log) return tl::make_unexpected(log.error());
  std::unique_ptr<replicated_log> out{new replicated_log(kv, p, o)};
  out->load(std::move(*log));
  return out;
}

void replicated_log::load(recovered_log log) {
  voted_ = log.voted;
  start_ = std::move(log.start);
  applied_ = log.applied;
  dropped_ = start_.index;
  for (auto& s : log.slots) {
    cached_ += s.entry.payload.size();
    slots_.push_back({s.entry.term, s.entry.kind, s.checksum, std::move(s.entry.payload)});
  }
  // The applied state is the snapshot: a restart begins with it.
  snapshot_ = mark_at(applied_);
  durable(last());
}

const replicated_log::slot* replicated_log::at(log_index index) const {
  if (index <= start_.index || index > last()) return nullptr;
  return &slots_[index.value - start_.index.value - 1];
}

term_number replicated_log::term_at(log_index index) const {
  if (const auto* s = at(index)) return s->term;
  if (index.value == 0) return {};
  if (index == start_.index) return start_.term;
  if (index == snapshot_.index) return snapshot_.term;
  return {};
}

std::uint64_t replicated_log::checksum_at(log_index index) const {
  if (const auto* s = at(index)) return s->checksum;
  return index == start_.index ? start_.checksum : 0;
}

entry_kind replicated_log::kind_at(log_index index) const {
  const auto* s = at(index);
  return s == nullptr ? entry_kind::no_op : s->kind;
}

snapshot_mark replicated_log::mark_at(log_index index) const {
  snapshot_mark mark{index, term_at(index), start_.members, start_.members_index, checksum_at(index)};
  for (auto i = index; i > start_.index; --i.value) {
    const auto* s = at(i);
    if (s == nullptr || s->kind != entry_kind::members) continue;
    const auto entry = read_back(i);
    if (!entry) break;
    if (auto members = parse_membership(entry->payload)) mark.members = std::move(*members);
    mark.members_index = i;
    break;
  }
  return mark;
}

log_change replicated_log::begin_change(const std::optional<hard_state>& voted) {
  log_change change;
  change.partition = p_;
  change.voted = voted;
  if (voted) {
    voted_ = *voted;
    change.highest_term = voted->term;
  }
  return change;
}

log_change replicated_log::bootstrap(const membership& members) {
  return write(hard_state{{1}, {}}, {1}, {{{1}, entry_kind::members, encode(members)}});
}

log_change replicated_log::write(const std::optional<hard_state>& voted, log_index first,
                                 std::vector<replicated_entry> entries) {
  auto change = begin_change(voted);
  if (entries.empty()) return change;
  if (first <= last()) {
    keep_up_to({first.value - 1});
    change.kept = log_change::place{last(), checksum_at(last())};
  }
  change.records.reserve(entries.size());
  for (auto& e : entries) add(change, std::move(e));
  change.last = {last(), slots_.back().checksum};
  return change;
}

void replicated_log::add(log_change& change, replicated_entry entry) {
  const log_index index{last().value + 1};
  const auto size = entry.payload.size();
  stored_entry stored{index, std::move(entry)};
  auto [checksum, bytes] = chained_record(checksum_at(last()), encode(stored));
  change.records.emplace_back(index, std::move(bytes));
  auto& e = stored.entry;
  change.highest_term = std::max(change.highest_term, e.term);
  cached_ += size;
  slots_.push_back({e.term, e.kind, checksum, std::move(e.payload)});
}

void replicated_log::keep_up_to(log_index last_kept) {
  while (last() > last_kept) {
    if (slots_.back().payload) cached_ -= slots_.back().payload->size();
    slots_.pop_back();
  }
  dropped_ = std::min(dropped_, last_kept);
}

log_change replicated_log::install(const std::optional<hard_state>& voted, const snapshot_mark& mark) {
  auto change = begin_change(voted);
  change.installed = mark;
  change.last = {mark.index, mark.checksum};
  slots_.clear();
  cached_ = 0;
  start_ = snapshot_ = mark;
  applied_ = dropped_ = mark.index;
  return change;
}

void replicated_log::durable(log_index up_to) {
  while (cached_ > options_.cached_bytes && dropped_ < std::min(up_to, last())) {
    ++dropped_.value;
    auto& s = slots_[dropped_.value - start_.index.value - 1];
    if (s.payload) cached_ -= s.payload->size();
    s.payload.reset();
  }
}

void replicated_log::forget_up_to(const snapshot_mark& start) {
  if (start.index <= start_.index) return;
  while (!slots_.empty() && start_.index < start.index) {
    if (slots_.front().payload) cached_ -= slots_.front().payload->size();
    slots_.pop_front();
    ++start_.index.value;
  }
  start_ = start;
  dropped_ = std::max(dropped_, start.index);
}

result<std::vector<replicated_entry>> replicated_log::entries(log_index from, log_index to,
                                                              size_t bytes) const {
  std::vector<replicated_entry> out;
  size_t size = 0;
  for (auto i = from; i <= to; ++i.value) {
    auto entry = read_back(i);
    if (!entry) return tl::make_unexpected(entry.error());
    size += entry->payload.size();
    if (!out.empty() && size > bytes) break;
    out.push_back(std::move(*entry));
  }
  return out;
}

result<replicated_entry> replicated_log::read_back(log_index index) const {
  const auto* s = at(index);
  if (s == nullptr) return fail(errc::corrupt, "the log does not hold entry " + std::to_string(index.value));
  if (s->payload) return replicated_entry{s->term, s->kind, *s->payload};
  const auto bytes = kv_.snapshot()->get(family::log, keys::of_index(p_, index));
  if (!bytes) return tl::make_unexpected(bytes.error());
  if (!*bytes) return fail(errc::corrupt, "the log misses entry " + std::to_string(index.value));
  const auto record = parse_record(**bytes, checksum_at({index.value - 1}));
  if (!record) return tl::make_unexpected(record.error());
  auto stored = decode<stored_entry>(record->payload);
  if (!stored) return tl::make_unexpected(stored.error());
  return std::move(stored->entry);
}

}  // namespace dip
