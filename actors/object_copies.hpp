// Files of objects on the other nodes of the cluster, as those see them who write and read on this one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actors/environment.hpp"
#include "core/errc.hpp"
#include "core/object.hpp"
#include "storage/object_store.hpp"

namespace dip {

// To a replica, as envelope_kind::fetch: it is to get these files, of its partition, durably. It is answered
// when it has them all. Of the rows only name, size and checksum count.
struct fetch_files {
  std::string from;  // the node that has them
  std::vector<object_row> rows;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.from, s.rows);
  }
};
// The answer to it, when it went well.
struct fetched_files {
  std::uint64_t bytes = 0;  // that came over the network; what was there already did not
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.bytes);
  }
};

struct copy_figures {
  std::uint64_t fetched = 0, fetched_bytes = 0;  // from other nodes, for whatever reason
  std::uint64_t served = 0, served_bytes = 0;    // to other nodes
  std::uint64_t mended = 0;                      // files that were missing or damaged here
  std::uint64_t given_up = 0;                    // of those, the ones that nobody gave us
  std::uint64_t pending = 0;                     // that are still to be mended
  bool operator==(const copy_figures&) const = default;
};

// Any thread. docs/formats.md, "Object channel".
class object_copies {
public:
  virtual ~object_copies() = default;

  // Whether this node is to have the files of the durable buckets of that partition: as long as it is one of
  // its replicas, or others still need what it has.
  [[nodiscard]] virtual bool kept_here(partition_id p) const = 0;

  // The files are in this node's store, and need not be synced. Blocks until a majority of the replicas of
  // their partitions has them synced; the other replicas go on in the background, this node too. Errors:
  // `no_quorum`, `disk_full`, `draining`: some replicas may have them, and without a row they are swept.
  [[nodiscard]] virtual result<void> replicate(const std::vector<object_row>& rows) = 0;

  // Whole and with the row's checksum: from this node, else from another that has it. A durable file that is
  // kept here is stored on the way; of any other nothing stays behind but what the reader holds. Blocks.
  // Errors: `not_found`, nobody has it; `corrupt`, nobody has it as it was; `no_quorum`, who might have it
  // cannot be reached; `disk_full`, `io`, `draining`.
  [[nodiscard]] virtual result<std::unique_ptr<object_reader>> open(const object_row& row) = 0;

  // This node is to have the file and has not, or has it damaged: it is fetched in the background, one at a
  // time and not faster than the disks can spare. False: too many wait already. Never blocks.
  virtual bool mend(const object_row& row) = 0;

  [[nodiscard]] virtual copy_figures figures() const = 0;
};

// The file of `row`, wherever it is; on a node alone, as it is in its store.
[[nodiscard]] inline result<std::unique_ptr<object_reader>> open_object(const environment& env,
                                                                        const object_row& row) {
  return env.copies != nullptr ? env.copies->open(row) : env.objects->open(row.name);
}

// Whether this node stores what it makes in that partition for good. Otherwise what it has written goes when
// the replicas have it.
[[nodiscard]] inline bool kept_here(const environment& env, partition_id p) {
  return env.copies == nullptr || env.copies->kept_here(p);
}

// Whether a file must be synced as it is committed: in a cluster `replicate` does it, beside the others.
[[nodiscard]] inline bool syncs_itself(const environment& env) { return env.copies == nullptr; }

// Of files that were just committed here: makes them durable on a majority of the replicas, and lets go of
// them where they are not kept. Errors: those of `object_copies::replicate`.
[[nodiscard]] inline result<void> replicate(const environment& env, const std::vector<object_row>& rows) {
  if (env.copies == nullptr) return {};
  auto done = env.copies->replicate(rows);
  for (const auto& row : rows)
    if (!env.copies->kept_here(row.name.partition())) (void)env.objects->remove(row.name);
  return done;
}

}  // namespace dip
