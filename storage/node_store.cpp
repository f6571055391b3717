#include "storage/node_store.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "storage/disk_guard.hpp"
#include "storage/high_water.hpp"
#include "storage/kv.hpp"
#include "storage/log_writer.hpp"
#include "storage/memory_node_store.hpp"
#include "storage/table_replica.hpp"
#include "storage/table_view.hpp"

namespace dip {
namespace {

class memory_store final : public memory_node_store {
public:
  explicit memory_store(options o)
      : options_(std::move(o)), kv_(make_memory_kv()), writer_(*kv_, nullptr, options_) {}
  result<std::unique_ptr<replica>> open_replica(partition_id p) override {
    writer_.wait_written();
    return open_table_replica({kv_.get(), &writer_, [] { return false; }, options_.log_keep}, p, {});
  }
  std::unique_ptr<state_view> view(partition_id p) const override {
    return make_table_view(kv_->snapshot(), p);
  }
  bool disk_full() const override { return false; }
  std::uint16_t partitions() const override { return options_.partitions; }
  figures stats() const override { return writer_.figures(); }
  bool settle() override { return writer_.round(); }

private:
  options options_;
  std::unique_ptr<kv_store> kv_;
  log_writer writer_;
};

class disk_store final : public node_store {
public:
  disk_store(options o, std::unique_ptr<kv_store> kv, std::unique_ptr<high_water_file> marks,
             std::unique_ptr<disk_guard> disk)
      : options_(std::move(o)),
        kv_(std::move(kv)),
        marks_(std::move(marks)),
        disk_(std::move(disk)),
        found_(marks_->marks()),
        writer_(*kv_, marks_.get(), options_) {
    writer_.start_thread();
  }
  result<std::unique_ptr<replica>> open_replica(partition_id p) override {
    if (p.value >= options_.partitions) return fail(errc::not_found, "no such partition");
    writer_.wait_written();
    return open_table_replica({kv_.get(), &writer_, [this] { return disk_->full(); }, options_.log_keep}, p,
                              found_.at(p.value));
  }
  std::unique_ptr<state_view> view(partition_id p) const override {
    return make_table_view(kv_->snapshot(), p);
  }
  bool disk_full() const override { return disk_->full(); }
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
  std::vector<high_water_mark> found_;  // as they were when the store was opened
  log_writer writer_;
};

constexpr int format_version = 1;

// "dip 1" and the number of partitions, which is fixed at the first start.
result<void> check_format(const std::string& path, std::uint16_t partitions) {
  if (std::ifstream in{path}; in) {
    std::string word;
    int version = 0;
    unsigned there = 0;
    if (!(in >> word >> version >> word >> there)) return fail(errc::corrupt, path + " cannot be read");
    if (version != format_version)
      return fail(errc::conflict,
                  "the data is of format " + std::to_string(version) + ", which this dip does not know");
    if (there != partitions)
      return fail(errc::conflict, "the data has " + std::to_string(there) +
                                      " partitions and cluster.partitions says " +
                                      std::to_string(partitions) + ": it is fixed at the first start");
    return {};
  }
  std::ofstream out{path};
  out << "dip " << format_version << "\npartitions " << partitions << '\n';
  out.flush();
  if (!out) return fail(errc::io, "cannot write " + path + ": " + std::strerror(errno));
  return {};
}

}  // namespace

result<std::unique_ptr<node_store>> open_node_store(const std::string& directory,
                                                    node_store::options options) {
  std::error_code bad;
  std::filesystem::create_directories(directory, bad);
  if (bad) return fail(errc::io, "cannot make " + directory + ": " + bad.message());
  auto disk = std::make_unique<disk_guard>(directory, options.free_disk, options.ballast);
  auto kv = open_rocks_kv(directory + "/db", {options.write_buffers});
  if (!kv) {
    if (kv.error().code == errc::conflict)
      return fail(errc::conflict, "another dip is running on " + directory);
    return tl::make_unexpected(kv.error());
  }
  if (auto ok = check_format(directory + "/FORMAT", options.partitions); !ok)
    return tl::make_unexpected(ok.error());
  auto marks = high_water_file::open(directory + "/marks", options.partitions);
  if (!marks) return tl::make_unexpected(marks.error());
  if (auto laid = disk->lay_ballast(); !laid && laid.error().code != errc::disk_full)
    return tl::make_unexpected(laid.error());
  return std::make_unique<disk_store>(std::move(options), std::move(*kv), std::move(*marks), std::move(disk));
}

std::unique_ptr<memory_node_store> make_memory_node_store(node_store::options options) {
  return std::make_unique<memory_store>(std::move(options));
}

}  // namespace dip
