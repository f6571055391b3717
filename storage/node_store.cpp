#include "storage/node_store.hpp"

#include <filesystem>
#include <optional>
#include <utility>

#include "storage/disk_guard.hpp"
#include "storage/high_water.hpp"
#include "storage/keys.hpp"
#include "storage/kv.hpp"
#include "storage/log_recovery.hpp"
#include "storage/log_writer.hpp"
#include "storage/memory_node_store.hpp"
#include "storage/state_format.hpp"
#include "storage/stored_partition.hpp"
#include "storage/table_view.hpp"

namespace dip {
namespace {

class memory_store final : public memory_node_store {
public:
  explicit memory_store(options o)
      : options_(std::move(o)), kv_(make_memory_kv()), writer_(*kv_, nullptr, options_) {}
  result<std::unique_ptr<stored_partition>> open_partition(partition_id p, const membership& first,
                                                           poster post) override {
    auto place = places_.take(p);
    if (!place) return tl::make_unexpected(place.error());
    return open_stored_partition(
        {kv_.get(), &writer_, &objects_, [] { return false; }, options_.log_keep, false, *place}, p, first,
        std::move(post));
  }
  std::unique_ptr<state_view> view(partition_id p) const override {
    return make_table_view(kv_->snapshot(), p);
  }
  std::uint64_t version_of(const object_name& name) const override {
    return objects_.of(keys::of_object(name));
  }
  bool disk_full() const override { return false; }
  bool disk_slow() const override { return false; }
  std::uint16_t partitions() const override { return options_.partitions; }
  figures stats() const override { return writer_.figures(); }
  bool settle() override { return writer_.round(); }

private:
  options options_;
  std::unique_ptr<kv_store> kv_;
  log_writer writer_;
  row_versions objects_;
  open_places places_{options_.partitions};
};

class disk_store final : public node_store {
public:
  disk_store(options o, std::unique_ptr<kv_store> kv, std::unique_ptr<high_water_file> marks,
             std::unique_ptr<disk_guard> disk)
      : options_(std::move(o)),
        kv_(std::move(kv)),
        marks_(std::move(marks)),
        disk_(std::move(disk)),
        writer_(*kv_, marks_.get(), options_) {
    writer_.start_thread();
  }
  result<std::unique_ptr<stored_partition>> open_partition(partition_id p, const membership& first,
                                                           poster post) override {
    auto place = places_.take(p);
    if (!place) return tl::make_unexpected(place.error());
    return open_stored_partition(
        {kv_.get(), &writer_, &objects_, [this] { return disk_->full(); }, options_.log_keep, true, *place},
        p, first, std::move(post));
  }
  std::unique_ptr<state_view> view(partition_id p) const override {
    return make_table_view(kv_->snapshot(), p);
  }
  std::uint64_t version_of(const object_name& name) const override {
    return objects_.of(keys::of_object(name));
  }
  bool disk_full() const override { return disk_->full(); }
  bool disk_slow() const override { return writer_.slow(); }
  std::uint16_t partitions() const override { return options_.partitions; }
  figures stats() const override {
    auto f = writer_.figures();
    f.free_bytes = disk_->free_bytes();
    return f;
  }

private:
  options options_;
  std::unique_ptr<kv_store> kv_;
  std::unique_ptr<high_water_file> marks_;
  std::unique_ptr<disk_guard> disk_;
  log_writer writer_;
  row_versions objects_;
  open_places places_{options_.partitions};
};

// Without FORMAT nothing may have been written: else its marks would begin anew.
result<std::unique_ptr<high_water_file>> enter_marks(const std::string& directory, bool fresh,
                                                     const kv_store& kv, std::uint16_t partitions) {
  const auto path = directory + "/marks";
  if (!fresh) return high_water_file::open(path, partitions);
  bool used = false;
  const auto read = kv.snapshot()->each(family::vote, "", "", [&](std::string_view, std::string_view) {
    used = true;
    return false;
  });
  if (!read) return tl::make_unexpected(read.error());
  if (used) return fail(errc::corrupt, directory + "/FORMAT is missing: put it back from a copy");
  return high_water_file::make(path, partitions);
}

result<void> check_logs(const std::string& directory, kv_store& kv,
                        const std::vector<high_water_mark>& marks) {
  for (size_t p = 0; p < marks.size(); ++p)
    if (const auto log = recover_log(kv, {static_cast<std::uint16_t>(p)}, marks[p]); !log)
      return fail(log.error().code,
                  log.error().detail + ": set " + directory + " aside and restore it from a copy");
  return {};
}

result<std::unique_ptr<kv_store>> open_rows(const std::string& directory,
                                            const node_store::options& options) {
  auto kv = open_rocks_kv(directory + "/db", {options.write_buffers});
  if (kv) return kv;
  if (kv.error().code == errc::conflict)
    return fail(errc::conflict, "another dip is running on " + directory);
  if (kv.error().code == errc::corrupt)
    return fail(errc::corrupt,
                kv.error().detail + ": set " + directory + " aside and restore it from a copy");
  return kv;
}

}  // namespace

result<std::unique_ptr<node_store>> open_node_store(const std::string& directory,
                                                    node_store::options options) {
  std::error_code bad;
  std::filesystem::create_directories(directory, bad);
  if (bad) return fail(errc::io, "cannot make " + directory + ": " + bad.message());
  const auto made_before = check_format(directory, options.partitions);
  if (!made_before) return tl::make_unexpected(made_before.error());
  auto disk = std::make_unique<disk_guard>(directory, options.free_disk, options.ballast);
  if (auto room = disk->make_room(); !room) return tl::make_unexpected(room.error());
  auto kv = open_rows(directory, options);
  if (!kv) return tl::make_unexpected(kv.error());
  auto marks = enter_marks(directory, !*made_before, **kv, options.partitions);
  if (!marks) return tl::make_unexpected(marks.error());
  if (auto sound = check_logs(directory, **kv, (*marks)->marks()); !sound)
    return tl::make_unexpected(sound.error());
  if (!*made_before)
    if (auto made = write_format(directory, options.partitions); !made)
      return tl::make_unexpected(made.error());
  if (auto laid = disk->lay_ballast(); !laid && laid.error().code != errc::disk_full)
    return tl::make_unexpected(laid.error());
  return std::make_unique<disk_store>(std::move(options), std::move(*kv), std::move(*marks), std::move(disk));
}

std::unique_ptr<memory_node_store> make_memory_node_store(node_store::options options) {
  return std::make_unique<memory_store>(std::move(options));
}

}  // namespace dip
