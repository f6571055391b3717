// One bucket of DATA/objects: the folder, and the names in it.
#pragma once

#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "storage/object_bytes.hpp"

namespace dip {

// Where a key's file is, below its bucket's folder.
struct place {
  std::string shard;    // "7Q"
  std::string attempt;  // "7Q/01J…", or empty
  std::string file;

  [[nodiscard]] const std::string& folder() const { return attempt.empty() ? shard : attempt; }
};

// `not_found` for a name that `parse_key` does not accept.
[[nodiscard]] result<place> place_of(const object_name& name);

// Any thread.
class bucket_folder {
public:
  bucket_folder(bucket in, file_descriptor folder) : in_(in), folder_(std::move(folder)) {}

  [[nodiscard]] bucket in() const { return in_; }
  [[nodiscard]] int get() const { return folder_.get(); }

  // Gives the open file its name; `durable` makes the name survive a power cut.
  result<void> link(int file, const place& to, bool durable);
  // Of an open file that has its name already.
  result<void> sync(int file, const place& at);
  result<void> remove(const place& what);
  // See `object_store::each`.
  result<void> each(const std::function<bool(const object_name&, wall_time)>& visit) const;

private:
  result<void> link_once(int file, const place& to, bool& vanished);
  result<void> sync_names(const place& to);

  bucket in_;
  file_descriptor folder_;
  std::mutex mutex_;
  // Shards are never removed: one sync in the life of a process is enough.
  std::set<std::string> durable_shards_;
};

}  // namespace dip
