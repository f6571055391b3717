#include "storage/log_change.hpp"

#include "core/codec.hpp"
#include "storage/keys.hpp"

namespace dip {

std::string log_start_key(partition_id p) { return keys::of_partition(p) + "s"; }
std::string installing_key(partition_id p) { return keys::of_partition(p) + "i"; }

void log_change::put_into(kv_batch& batch) const {
  const auto forget_from = [&](log_index first) {
    batch.remove_range(family::log, keys::of_index(partition, first),
                       after_prefix(keys::of_partition(partition)));
  };
  if (voted) batch.put(family::vote, keys::of_partition(partition), encode(*voted));
  if (kept) forget_from({kept->index.value + 1});
  if (installed) {
    forget_from({0});
    batch.put(family::meta, log_start_key(partition), encode(*installed));
    batch.put(family::meta, installing_key(partition), encode(*installed));
  }
  for (const auto& [index, bytes] : records) batch.put(family::log, keys::of_index(partition, index), bytes);
}

result<void> put_start(kv_batch& changes, const kv_snapshot& before, partition_id p,
                       const snapshot_mark& start) {
  const auto there = before.get(family::meta, log_start_key(p));
  if (!there) return tl::make_unexpected(there.error());
  if (*there) {
    const auto present = decode<snapshot_mark>(**there);
    if (!present) return tl::make_unexpected(present.error());
    if (present->index >= start.index) return {};
  }
  changes.put(family::meta, log_start_key(p), encode(start));
  changes.remove_range(family::log, keys::of_index(p, {0}), keys::of_index(p, {start.index.value + 1}));
  return {};
}

}  // namespace dip
