#include "storage/sweep.hpp"

#include <array>

namespace dip {
namespace {

result<std::size_t> sweep_bucket(object_store& objects, bucket in, const row_lookup& row_exists,
                                 wall_time older_than) {
  std::size_t removed = 0;
  result<void> outcome;
  const auto walked = objects.each(in, [&](const object_name& name, wall_time changed) {
    if (changed >= older_than || row_exists(name, changed)) return true;
    outcome = objects.remove(name);
    if (outcome) ++removed;
    return outcome.has_value();
  });
  if (!walked) return tl::unexpected(walked.error());
  if (!outcome) return tl::unexpected(outcome.error());
  return removed;
}

}  // namespace

result<std::size_t> sweep_orphans(object_store& objects, const row_lookup& row_exists, wall_time older_than) {
  constexpr std::array buckets{bucket::request_files, bucket::preprocessed_files, bucket::processed_files};
  std::size_t removed = 0;
  for (const auto in : buckets) {
    const auto swept = sweep_bucket(objects, in, row_exists, older_than);
    if (!swept) return swept;
    removed += *swept;
  }
  return removed;
}

}  // namespace dip
