#include <array>
#include <filesystem>
#include <utility>
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "core/failpoint.hpp"
#include "storage/kv.hpp"

namespace dip {
namespace {

using handles = std::array<rocksdb::ColumnFamilyHandle*, family_count>;

constexpr std::array<const char*, family_count> names{"log",     "vote",        "requests", "queues",
                                                      "objects", "idempotency", "callers",  "suppressions",
                                                      "default",  // RocksDB's own holds meta
                                                      "steering"};

rocksdb::Slice slice(std::string_view s) { return {s.data(), s.size()}; }
std::string_view view(const rocksdb::Slice& s) { return {s.data(), s.size()}; }

tl::unexpected<error> fail(const rocksdb::Status& s) {
  const auto words = s.ToString();
  if (s.IsNoSpace()) return dip::fail(errc::disk_full, words);
  if (s.IsCorruption()) return dip::fail(errc::corrupt, words);
  if (words.find("lock") != std::string::npos && s.IsIOError()) return dip::fail(errc::conflict, words);
  return dip::fail(errc::io, words);
}

class rocks_snapshot final : public kv_snapshot {
public:
  rocks_snapshot(rocksdb::DB* db, const handles& all) : db_(db), all_(all), snapshot_(db->GetSnapshot()) {}
  rocks_snapshot(const rocks_snapshot&) = delete;
  rocks_snapshot& operator=(const rocks_snapshot&) = delete;
  ~rocks_snapshot() override { db_->ReleaseSnapshot(snapshot_); }

  result<std::optional<std::string>> get(family f, std::string_view key) const override {
    std::string value;
    const auto s = db_->Get(options(), of(f), slice(key), &value);
    if (s.IsNotFound()) return std::nullopt;
    if (!s.ok()) return fail(s);
    return value;
  }

  result<void> each(family f, std::string_view prefix, std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    const auto it = iterator(f);
    for (it->Seek(slice(from < prefix ? prefix : from)); it->Valid(); it->Next())
      if (!view(it->key()).starts_with(prefix) || !visit(view(it->key()), view(it->value()))) break;
    return ended(*it);
  }

  result<void> each_back(
      family f, std::string_view prefix, std::string_view before,
      const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    const auto it = iterator(f);
    const auto bound = before.empty() ? after_prefix(prefix) : std::string{before};
    it->SeekForPrev(bound);
    if (it->Valid() && view(it->key()) == bound) it->Prev();
    for (; it->Valid(); it->Prev())
      if (!view(it->key()).starts_with(prefix) || !visit(view(it->key()), view(it->value()))) break;
    return ended(*it);
  }

private:
  [[nodiscard]] rocksdb::ReadOptions options() const {
    rocksdb::ReadOptions o;
    o.snapshot = snapshot_;
    return o;
  }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* of(family f) const { return all_.at(static_cast<size_t>(f)); }
  [[nodiscard]] std::unique_ptr<rocksdb::Iterator> iterator(family f) const {
    auto o = options();
    // Who walks over many rows reads each once: they must not push out the rows that are asked for again.
    o.fill_cache = false;
    return std::unique_ptr<rocksdb::Iterator>{db_->NewIterator(o, of(f))};
  }
  static result<void> ended(const rocksdb::Iterator& it) {
    if (!it.status().ok()) return fail(it.status());
    return {};
  }

  rocksdb::DB* db_;
  const handles& all_;
  const rocksdb::Snapshot* snapshot_;
};

class rocks_batch final : public kv_batch {
public:
  explicit rocks_batch(const handles& all) : all_(all) {}
  void put(family f, std::string_view key, std::string_view value) override {
    keep(batch_.Put(of(f), slice(key), slice(value)));
  }
  void remove(family f, std::string_view key) override { keep(batch_.Delete(of(f), slice(key))); }
  void remove_range(family f, std::string_view from, std::string_view to) override {
    keep(batch_.DeleteRange(of(f), slice(from), slice(to)));
  }
  // The first thing that could not be gathered, if any.
  [[nodiscard]] const rocksdb::Status& status() const { return status_; }
  rocksdb::WriteBatch& raw() { return batch_; }

private:
  void keep(const rocksdb::Status& s) {
    if (status_.ok()) status_ = s;
  }
  [[nodiscard]] rocksdb::ColumnFamilyHandle* of(family f) const { return all_.at(static_cast<size_t>(f)); }
  const handles& all_;
  rocksdb::WriteBatch batch_;
  rocksdb::Status status_;
};

class rocks_kv final : public kv_store {
public:
  rocks_kv(std::unique_ptr<rocksdb::DB> db, const handles& all) : db_(std::move(db)), all_(all) {}
  rocks_kv(const rocks_kv&) = delete;
  rocks_kv& operator=(const rocks_kv&) = delete;
  ~rocks_kv() override {
    for (auto* h : all_) db_->DestroyColumnFamilyHandle(h);
    db_->Close();
  }

  std::unique_ptr<kv_snapshot> snapshot() const override {
    return std::make_unique<rocks_snapshot>(db_.get(), all_);
  }
  std::unique_ptr<kv_batch> batch() const override { return std::make_unique<rocks_batch>(all_); }

  result<void> write(kv_batch& changes, bool synced) override {
    auto& b = static_cast<rocks_batch&>(changes);
    if (!b.status().ok()) return fail(b.status());
    if (const auto s = db_->Write({}, &b.raw()); !s.ok()) return fail(s);
    // Apart from the write: RocksDB keeps other writers waiting while a write syncs, but not while this does.
    if (!synced) return {};
    failpoint("before_log_sync");
    if (const auto s = db_->SyncWAL(); !s.ok()) return fail(s);
    return {};
  }

  result<void> flush_tables() override {
    const std::vector<rocksdb::ColumnFamilyHandle*> every{all_.begin(), all_.end()};
    if (const auto s = db_->Flush({}, every); !s.ok()) return fail(s);
    return {};
  }

private:
  std::unique_ptr<rocksdb::DB> db_;
  handles all_;
};

rocksdb::DBOptions database_options(const rocks_options& options) {
  rocksdb::DBOptions o;
  o.create_if_missing = true;
  o.create_missing_column_families = true;
  o.db_write_buffer_size = options.write_buffers;
  // All families reach the disk at one point of the log: the applied index is never ahead of its tables.
  o.atomic_flush = true;
  // Refuses damage in the middle; a shortened log is found by the high-water mark (docs/formats.md).
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  o.track_and_verify_wals_in_manifest = true;
  o.max_open_files = 256;
  o.max_background_jobs = 2;
  o.keep_log_file_num = 2;
  o.max_log_file_size = 1024 * 1024;
  o.max_total_wal_size = 64ULL * 1024 * 1024;
  o.stats_dump_period_sec = 0;
  o.stats_persist_period_sec = 0;
  return o;
}

}  // namespace

result<std::unique_ptr<kv_store>> open_rocks_kv(const std::string& directory, rocks_options options) {
  std::error_code bad;
  std::filesystem::create_directories(directory, bad);
  if (bad) return dip::fail(errc::io, "cannot make " + directory + ": " + bad.message());
  rocksdb::BlockBasedTableOptions blocks;
  blocks.block_cache = rocksdb::NewLRUCache(8ULL * 1024 * 1024);
  rocksdb::ColumnFamilyOptions one;
  one.write_buffer_size = options.write_buffers / 2;
  one.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const auto* name : names) families.emplace_back(name, one);
  std::vector<rocksdb::ColumnFamilyHandle*> opened;
  rocksdb::DB* raw = nullptr;
  const auto s = rocksdb::DB::Open(database_options(options), directory, families, &opened, &raw);
  if (!s.ok()) return fail(s);
  handles all{};
  for (size_t i = 0; i < all.size(); ++i) all[i] = opened[i];
  return std::make_unique<rocks_kv>(std::unique_ptr<rocksdb::DB>{raw}, all);
}

}  // namespace dip
