#include "storage/state_transfer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/codec.hpp"
#include "core/failpoint.hpp"
#include "storage/keys.hpp"
#include "storage/log_change.hpp"
#include "storage/table_view.hpp"

namespace dip {
namespace {

constexpr auto& tables = state_families;
constexpr size_t batch_bytes = size_t{1} << 20;

std::string staged_prefix(partition_id p) { return keys::of_partition(p) + "t"; }

// The key of a staged row, and the place in a stream of rows: family, then the key without the partition.
std::string place_of(family f, std::string_view key) {
  std::string out(1, static_cast<char>(f));
  return out.append(key);
}

bool is_table(family f) { return std::find(tables.begin(), tables.end(), f) != tables.end(); }

class row_reader {
public:
  row_reader(const kv_snapshot& kv, partition_id p, size_t bytes)
      : kv_(kv), prefix_(keys::of_partition(p)), bytes_(bytes) {}

  result<void> read(family f, std::string_view from, state_chunk& out) {
    return kv_.each(f, prefix_, prefix_ + std::string{from},
                    [&](std::string_view key, std::string_view value) {
                      const auto own = key.substr(prefix_.size());
                      if (!out.rows.empty() && taken_ + own.size() + value.size() > bytes_) {
                        out.next = place_of(f, own);
                        return false;
                      }
                      taken_ += own.size() + value.size();
                      out.rows.push_back({f, std::string{own}, std::string{value}});
                      return true;
                    });
  }

private:
  const kv_snapshot& kv_;
  std::string prefix_;
  size_t bytes_;
  size_t taken_ = 0;
};

result<void> flush(kv_store& kv, std::unique_ptr<kv_batch>& batch) {
  auto done = kv.write(*batch, false);
  batch = kv.batch();
  return done;
}

result<void> copy_staged(kv_store& kv, partition_id p) {
  const auto snapshot = kv.snapshot();
  const auto prefix = staged_prefix(p);
  auto batch = kv.batch();
  size_t size = 0;
  result<void> wrong;
  auto read = snapshot->each(family::meta, prefix, prefix, [&](std::string_view key, std::string_view value) {
    const auto place = key.substr(prefix.size());
    batch->put(static_cast<family>(place.front()), keys::of_partition(p) + std::string{place.substr(1)},
               value);
    size += key.size() + value.size();
    if (size < batch_bytes) return true;
    size = 0;
    wrong = flush(kv, batch);
    return wrong.has_value();
  });
  if (!read) return read;
  if (!wrong) return wrong;
  return flush(kv, batch);
}

}  // namespace

result<state_chunk> read_state(const kv_snapshot& kv, partition_id p, const std::string& from, size_t bytes) {
  state_chunk out;
  if (from.empty()) {
    // How far the tables are: the one row of `meta` that belongs to the state.
    auto applied = kv.get(family::meta, applied_key(p));
    if (!applied) return tl::make_unexpected(applied.error());
    if (*applied) out.rows.push_back({family::meta, applied_key(p).substr(2), std::move(**applied)});
  } else if (!is_table(static_cast<family>(from.front()))) {
    return fail(errc::bad_request, "no place in a stream of rows");
  }
  row_reader reader{kv, p, bytes};
  const auto* at = from.empty() ? tables.begin()
                                : std::find(tables.begin(), tables.end(), static_cast<family>(from.front()));
  std::string key = from.empty() ? std::string{} : from.substr(1);
  for (; at != tables.end() && out.next.empty(); ++at, key.clear())
    if (auto read = reader.read(*at, key, out); !read) return tl::make_unexpected(read.error());
  return out;
}

result<void> begin_staging(kv_store& kv, partition_id p) {
  const auto batch = kv.batch();
  batch->remove_range(family::meta, staged_prefix(p), after_prefix(staged_prefix(p)));
  return kv.write(*batch, false);
}

result<void> check_rows(const state_chunk& chunk) {
  const auto applied = applied_key({}).substr(2);
  for (const auto& row : chunk.rows)
    if (!is_table(row.in) && (row.in != family::meta || row.key != applied))
      return fail(errc::bad_request, "a row that is no part of a state");
  return {};
}

result<void> stage(kv_store& kv, partition_id p, const state_chunk& chunk) {
  if (auto sound = check_rows(chunk); !sound) return sound;
  const auto batch = kv.batch();
  for (const auto& row : chunk.rows)
    batch->put(family::meta, staged_prefix(p) + place_of(row.in, row.key), row.value);
  failpoint("before_state_piece");
  return kv.write(*batch, false);
}

result<void> complete_install(kv_store& kv, partition_id p) {
  const auto marker = kv.snapshot()->get(family::meta, installing_key(p));
  if (!marker) return tl::make_unexpected(marker.error());
  if (!*marker) return {};
  failpoint("before_install");
  const auto wipe = kv.batch();
  for (const auto f : tables)
    wipe->remove_range(f, keys::of_partition(p), after_prefix(keys::of_partition(p)));
  if (auto done = kv.write(*wipe, false); !done) return done;
  failpoint("amid_install");
  if (auto done = copy_staged(kv, p); !done) return done;
  failpoint("before_install_ends");
  const auto end = kv.batch();
  end->remove(family::meta, installing_key(p));
  end->remove_range(family::meta, staged_prefix(p), after_prefix(staged_prefix(p)));
  return kv.write(*end, false);
}

}  // namespace dip
