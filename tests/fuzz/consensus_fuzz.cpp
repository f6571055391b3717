// What comes from another node, and what is read back from the disk: parcels, log records and what they hold.
// What can be read is written so that it reads the same, and a replica to which it is said goes on, or stops
// with a word.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include <xxhash.h>

#include "consensus/core.hpp"
#include "consensus/parcel.hpp"
#include "core/codec.hpp"
#include "storage/log_record.hpp"
#include "storage/log_recovery.hpp"
#include "storage/state_transfer.hpp"

namespace {

using namespace dip;

void must(bool good) {
  if (!good) std::abort();
}

template <class T>
void check(std::string_view bytes) {
  const auto read = decode<T>(bytes);
  if (!read) return;
  const auto written = encode(*read);
  const auto again = decode<T>(written);
  must(again && encode(*again) == written);
}

std::string checksum_of(std::string_view bytes) {
  XXH64_canonical_t out;
  XXH64_canonicalFromHash(&out, XXH3_64bits(bytes.data(), bytes.size()));
  return {reinterpret_cast<const char*>(out.digest), sizeof out.digest};
}

// All of it in memory, and durable at once.
class fuzzed_log final : public log_view {
public:
  fuzzed_log() { entries_.push_back({{1}, entry_kind::members, encode(make_membership({{1}, {2}, {3}}))}); }

  log_index first() const override { return {start_.index.value + 1}; }
  log_index last() const override { return {start_.index.value + entries_.size()}; }
  term_number term_at(log_index i) const override {
    if (i == start_.index) return start_.term;
    if (i < first() || i > last()) return {};
    return entries_[i.value - first().value].term;
  }
  result<std::vector<replicated_entry>> entries(log_index from, log_index to, size_t) const override {
    must(from >= first() && from <= to && to <= last());
    const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(from.value - first().value);
    return std::vector<replicated_entry>{begin,
                                         begin + static_cast<std::ptrdiff_t>(to.value - from.value + 1)};
  }
  const snapshot_mark& snapshot() const override { return start_; }

  void take(consensus::appended a) {
    must(a.first >= first() && a.first.value <= last().value + 1 && !a.entries.empty());
    entries_.resize(a.first.value - first().value);
    for (auto& e : a.entries) entries_.push_back(std::move(e));
  }
  void install(const snapshot_mark& mark) {
    start_ = mark;
    entries_.clear();
  }

private:
  snapshot_mark start_;
  std::vector<replicated_entry> entries_;
};

class fuzzed_replica {
public:
  fuzzed_replica() : core_({1}, {}, log_, {{1}, {}}) { follow(core_.start(now_)); }

  void hear(consensus::message m) {
    m.to = {1};
    if (m.from == m.to) m.from = {2};
    follow(core_.receive(now_ += milliseconds{50}, std::move(m)));
    follow(core_.tick(now_));
  }

private:
  void follow(consensus::update u) {
    if (stopped_ || u.fault) {
      stopped_ = true;
      return;
    }
    must(u.commit >= commit_ && u.next_timeout > now_);
    commit_ = u.commit;
    if (u.append) {
      must(u.append->first > before_);
      const auto write = u.append->write;
      log_.take(std::move(*u.append));
      follow(core_.persisted(now_, write));
    } else if (u.install) {
      log_.install(*u.install);
      follow(core_.snapshot_persisted(now_));
    } else if (u.fetch) {
      follow(core_.snapshot_fetched(now_, u.fetch->mark.index));
    }
    must(commit_ <= log_.last());
    before_ = commit_;
  }

  fuzzed_log log_;
  consensus::core core_;
  milliseconds now_{1'000};
  log_index commit_, before_;
  bool stopped_ = false;
};

void check_parcel(std::string_view record) {
  const auto read = consensus::parse_parcel("\1" + checksum_of(record) + std::string{record});
  if (!read) return;
  const auto again = consensus::parse_parcel(consensus::to_parcel(*read));
  must(again && *again == *read);
  fuzzed_replica replica;
  for (const auto& m : *read) replica.hear(m.what);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  must(!consensus::parse_parcel(bytes) || !bytes.empty());
  check_parcel(bytes);
  if (const auto record = parse_record(bytes, 0)) check<stored_entry>(record->payload);
  check<stored_entry>(bytes);
  check<hard_state>(bytes);
  check<snapshot_mark>(bytes);
  check<state_chunk>(bytes);
  const auto members = parse_membership(std::string{bytes});
  must(!members || parse_membership(encode(*members)) == *members);
  return 0;
}
