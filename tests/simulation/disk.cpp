#include "tests/simulation/disk.hpp"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <utility>

#include "storage/keys.hpp"

namespace dip::simulation {
namespace {

void must(const result<void>& done) {
  if (done) return;
  std::cerr << "simulation: the store itself failed: " << done.error().detail << '\n';
  std::abort();
}

}  // namespace

disk::disk(schedule& time, dice& chance, const mix& m, const std::string& directory, const std::string& name)
    : time_(time), dice_(chance), mix_(m) {
  if (!directory.empty()) {
    data_ = directory + "/" + name;
    template_ = directory + "/new";
  }
  format();
}

kv_store& disk::kv() {
  open();
  return *kv_;
}

void disk::lay_new_files() const {
  namespace fs = std::filesystem;
  if (!fs::exists(template_)) must(open_rocks_kv(template_, {}).map([](const auto&) {}));
  fs::create_directories(data_);
  fs::copy(template_, data_ + "/state", fs::copy_options::recursive);
}

void disk::open() {
  if (kv_) return;
  closing_.reset();
  if (data_.empty()) {
    kv_ = make_memory_kv();
    return;
  }
  if (!std::filesystem::exists(data_ + "/state")) {
    forget_marks();
    lay_new_files();
  }
  auto opened = open_rocks_kv(data_ + "/state", {});
  if (!opened) must(tl::make_unexpected(opened.error()));
  kv_ = std::move(*opened);
}

void disk::close() {
  kv_.reset();
  closing_.reset();
}

void disk::forget_marks() {
  durable_marks_.assign(static_cast<size_t>(mix_.groups), {});
  marks_ = high_water_marks{durable_marks_};
}

void disk::format() {
  close();
  if (!data_.empty()) std::filesystem::remove_all(data_);
  forget_marks();
}

void disk::write(log_change change, std::function<void()> done) {
  add({std::move(change), {}, std::move(done)});
}

void disk::write(std::function<result<void>(kv_store&)> what, std::function<void()> done) {
  add({std::nullopt, std::move(what), std::move(done)});
}

void disk::write_now(const log_change& change) {
  static_cast<void>(marks_.before({change}));
  operation o{change, {}, {}};
  carry_out(o);
  durable_marks_ = marks_.all();
}

void disk::add(operation o) {
  waiting_.push_back(std::move(o));
  if (!busy_) begin_turn();
}

// Everything that waits goes out together, while the next gathers.
void disk::begin_turn() {
  busy_ = true;
  time_.after(dice_.between(0, mix_.disk_ms), [this, power = power_] {
    if (power == power_) end_turn();
  });
  turn_.swap(waiting_);
}

void disk::end_turn() {
  if (dice_.chance(mix_.failed_write)) return on_failure();
  write_marks_first();
  for (auto& o : turn_) carry_out(o);
  // Whoever is told may write again, or lose the power.
  const auto power = power_;
  auto finished = std::exchange(turn_, {});
  busy_ = false;
  if (!waiting_.empty()) begin_turn();
  for (auto& o : finished) {
    if (power != power_) return;
    if (o.done) o.done();
  }
}

void disk::write_marks_first() {
  std::vector<log_change> changes;
  for (const auto& o : turn_)
    if (o.change) changes.push_back(*o.change);
  if (changes.empty()) return;
  constexpr std::int64_t marks_every = 100;
  const bool late = marks_.late() && time_.now() - marked_at_ >= marks_every;
  if (!marks_.before(changes) && !late) return;
  durable_marks_ = marks_.all();
  marks_.written();
  marked_at_ = time_.now();
}

void disk::carry_out(operation& o) {
  if (!o.change) return must(o.what(*kv_));
  const auto batch = kv_->batch();
  o.change->put_into(*batch);
  // No real power is lost: what the store has taken is durable as far as the simulation goes.
  must(kv_->write(*batch, data_.empty()));
  marks_.after({*o.change});
}

void disk::power_off() {
  ++power_;
  // A batch is in the log whole or not at all, and one after the other.
  if (busy_ && dice_.one_in(2)) {
    write_marks_first();
    const auto reached = dice_.between(0, static_cast<int>(turn_.size()));
    for (int i = 0; i < reached; ++i) carry_out(turn_[static_cast<size_t>(i)]);
  }
  turn_.clear();
  waiting_.clear();
  busy_ = false;
  marks_ = high_water_marks{durable_marks_};
  // Whoever is in the middle of something still holds a look at it.
  if (!data_.empty()) closing_ = std::move(kv_);
}

bool disk::lose_confirmed(partition_id p) {
  open();
  std::vector<std::string> keys;
  must(kv_->snapshot()->each_back(family::log, keys::of_partition(p), "",
                                  [&](std::string_view key, std::string_view) {
                                    keys.emplace_back(key);
                                    return keys.size() < 5;
                                  }));
  const auto batch = kv_->batch();
  log_index last;
  for (const auto& key : keys) {
    batch->remove(family::log, key);
    last = {keys::read_number(std::string_view{key}.substr(2)) - 1};
  }
  // What the newest mark does not tell is beyond what can be noticed (docs/guarantees.md).
  if (keys.empty() || last >= durable_marks_.at(p.value).index) return false;
  must(kv_->write(*batch, true));
  return true;
}

}  // namespace dip::simulation
