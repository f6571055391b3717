#include "storage/partition_log.hpp"

#include <algorithm>
#include <string>

#include "core/codec.hpp"
#include "storage/keys.hpp"
#include "storage/log_record.hpp"
#include "storage/log_writer.hpp"
#include "storage/stored_row.hpp"
#include "storage/table_view.hpp"

namespace dip {
namespace {

tl::unexpected<error> damaged(partition_id p, const std::string& what) {
  return fail(errc::corrupt, "the log of partition " + std::to_string(p.value) + " is damaged (" + what +
                                 "): set this node's data directory aside and restore it from a copy");
}

std::string entry_name(log_index i) { return "entry " + std::to_string(i.value); }

result<void> take(partition_log& log, partition_id p, std::string_view key, std::string_view bytes,
                  const std::optional<high_water_mark>& mark) {
  const log_index next{log.last.value + 1};
  if (keys::read_number(key.substr(2)) != next.value) return damaged(p, entry_name(next) + " is missing");
  const auto record = parse_record(bytes, log.checksum);
  if (!record) return damaged(p, record.error().detail + " at " + entry_name(next));
  if (mark && next == mark->index && record->checksum != mark->checksum)
    return damaged(p, entry_name(next) + " is not the one that was acknowledged");
  auto entry = decode<log_entry>(record->payload);
  if (!entry || entry->index != next) return damaged(p, entry_name(next) + " cannot be read");
  log.last = next;
  log.last_term = entry->term;
  log.checksum = record->checksum;
  log.stamp = std::max(log.stamp, entry->at);
  if (next > log.applied) log.unapplied.push_back(std::move(*entry));
  return {};
}

result<void> compare(const partition_log& log, partition_id p, const std::optional<high_water_mark>& mark) {
  if (log.last < log.applied) return damaged(p, "it ends before what was applied");
  if (log.applied < log.base) return damaged(p, "it begins after what was applied");
  if (!mark) return {};
  if (log.last < mark->index) return damaged(p, "it ends before " + entry_name(mark->index));
  if (log.term < mark->term) return damaged(p, "it has forgotten its term");
  // The mark of a term is durable before the term's first entry is proposed.
  if (std::max(mark->term, mark->latest_term) < log.last_term)
    return damaged(p, "the file of high-water marks is older than it");
  return {};
}

}  // namespace

result<partition_log> read_partition_log(const kv_snapshot& kv, partition_id p,
                                         const std::optional<high_water_mark>& mark) {
  const auto base = row_or_default<log_base>(kv, family::meta, log_base_key(p));
  const auto applied = row_or_default<applied_row>(kv, family::meta, applied_key(p));
  const auto vote = row_or_default<vote_row>(kv, family::vote, keys::of_partition(p));
  if (!base || !applied || !vote) return damaged(p, "its marks cannot be read");
  partition_log log{vote->term, base->index,    applied->index, base->index,
                    {},         base->checksum, applied->stamp, {}};
  result<void> verdict;
  const auto read = kv.each(family::log, keys::of_partition(p), keys::of_index(p, {base->index.value + 1}),
                            [&](std::string_view key, std::string_view bytes) {
                              verdict = take(log, p, key, bytes, mark);
                              return verdict.has_value();
                            });
  if (!read) return damaged(p, read.error().detail);
  if (!verdict) return tl::make_unexpected(verdict.error());
  if (auto fits = compare(log, p, mark); !fits) return tl::make_unexpected(fits.error());
  return log;
}

}  // namespace dip
