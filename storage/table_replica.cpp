#include "storage/table_replica.hpp"

#include <algorithm>
#include <deque>
#include <utility>

#include "core/codec.hpp"
#include "storage/keys.hpp"
#include "storage/log_record.hpp"
#include "storage/state_machine.hpp"
#include "storage/table_view.hpp"

namespace dip {
namespace {

struct vote_row {
  term_number term;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.term);
  }
};

// What brings new work or bytes; the rest only moves on, or frees, what was taken already.
bool takes_room(const command& c) {
  return std::holds_alternative<put_object>(c) || std::holds_alternative<accept_request>(c) ||
         std::holds_alternative<reserve_idempotency>(c);
}

template <class T>
result<T> row_or(const kv_snapshot& kv, family f, const std::string& key, T otherwise) {
  auto bytes = kv.get(f, key);
  if (!bytes) return tl::make_unexpected(bytes.error());
  if (!*bytes) return otherwise;
  return decode<T>(**bytes);
}

tl::unexpected<error> damaged(partition_id p, const std::string& what) {
  return fail(errc::corrupt, "the log of partition " + std::to_string(p.value) + " is damaged (" + what +
                                 "): set this node's data directory aside and restore it from a copy");
}

class table_replica final : public replica {
public:
  table_replica(replica_ground ground, partition_id p) : ground_(std::move(ground)), p_(p) {}

  partition_id partition() const override { return p_; }
  term_number term() const override { return term_; }
  log_index last_index() const override { return last_; }
  log_index applied() const override { return applied_; }

  result<void> open(high_water_mark mark) {
    const auto kv = ground_.kv->snapshot();
    auto base = row_or(*kv, family::meta, log_base_key(p_), log_base{});
    auto applied = row_or(*kv, family::meta, applied_key(p_), applied_row{});
    auto vote = row_or(*kv, family::vote, keys::of_partition(p_), vote_row{});
    if (!base || !applied || !vote) return damaged(p_, "its marks cannot be read");
    base_ = last_ = base->index;
    checksum_ = base->checksum;
    applied_ = applied->index;
    stamp_ = applied->stamp;
    if (auto read = read_log(*kv, mark); !read) return read;
    if (last_ < mark.index) return damaged(p_, "it ends before entry " + std::to_string(mark.index.value));
    if (last_ < applied_) return damaged(p_, "it ends before what was applied");
    if (auto done = begin_term({vote->term.value + 1}); !done) return done;
    persisted(last_);
    return {};
  }

  result<log_index> propose(command what, wall_time now) override {
    if (takes_room(what) && ground_.disk_full())
      return fail(errc::disk_full, "less than limits.free_disk is left on this node");
    stamp_ = std::max(stamp_, now);
    ++last_.value;
    log_entry entry{last_, term_, stamp_, std::move(what)};
    auto payload = encode(entry);
    checksum_ = chain(checksum_, payload);
    ground_.writer->add(p_, last_, to_bytes({checksum_, std::move(payload)}), checksum_);
    waiting_.push_back(std::move(entry));
    return last_;
  }

  std::vector<apply_outcome> persisted(log_index durable) override {
    std::vector<apply_outcome> outcomes;
    if (waiting_.empty() || waiting_.front().index > durable) return outcomes;
    const auto before = ground_.kv->snapshot();
    const auto batch = ground_.kv->batch();
    table_changes rows{*before, *batch};
    wall_time stamp{};
    while (!waiting_.empty() && waiting_.front().index <= durable) {
      outcomes.push_back(apply(p_, waiting_.front(), rows));
      applied_ = waiting_.front().index;
      stamp = waiting_.front().at;
      waiting_.pop_front();
    }
    batch->put(family::meta, applied_key(p_), encode(applied_row{applied_, stamp}));
    if (const auto done = ground_.kv->write(*batch, false); !done) throw damaged_state(done.error().detail);
    cut_when_long();
    return outcomes;
  }

  std::unique_ptr<state_view> view() const override { return make_table_view(ground_.kv->snapshot(), p_); }

private:
  result<void> read_log(const kv_snapshot& kv, const high_water_mark& mark) {
    result<void> verdict;
    const auto read = kv.each(family::log, keys::of_partition(p_), keys::of_index(p_, {base_.value + 1}),
                              [&](std::string_view key, std::string_view bytes) {
                                verdict = take(log_index{keys::read_number(key.substr(2))}, bytes, mark);
                                return verdict.has_value();
                              });
    if (!read) return damaged(p_, read.error().detail);
    return verdict;
  }

  result<void> take(log_index index, std::string_view bytes, const high_water_mark& mark) {
    if (index.value != last_.value + 1)
      return damaged(p_, "entry " + std::to_string(last_.value + 1) + " is missing");
    auto record = parse_record(bytes, checksum_);
    if (!record) return damaged(p_, record.error().detail + " at entry " + std::to_string(index.value));
    if (index == mark.index && record->checksum != mark.checksum)
      return damaged(p_, "entry " + std::to_string(index.value) + " is not the one that was written");
    last_ = index;
    checksum_ = record->checksum;
    if (index <= applied_) return {};
    auto entry = decode<log_entry>(record->payload);
    if (!entry) return damaged(p_, "entry " + std::to_string(index.value) + " cannot be read");
    stamp_ = std::max(stamp_, entry->at);
    waiting_.push_back(std::move(*entry));
    return {};
  }

  result<void> begin_term(term_number term) {
    term_ = term;
    const auto batch = ground_.kv->batch();
    batch->put(family::vote, keys::of_partition(p_), encode(vote_row{term}));
    return ground_.kv->write(*batch, true);
  }

  void cut_when_long() {
    if (applied_.value - base_.value < 2 * ground_.log_keep) return;
    base_ = {applied_.value - ground_.log_keep};
    ground_.writer->cut(p_, base_);
  }

  replica_ground ground_;
  partition_id p_;
  term_number term_;
  log_index base_, last_, applied_;
  std::uint64_t checksum_ = 0;
  wall_time stamp_{};
  std::deque<log_entry> waiting_;  // in the log, not applied yet
};

}  // namespace

result<std::unique_ptr<replica>> open_table_replica(replica_ground ground, partition_id p,
                                                    high_water_mark mark) {
  auto r = std::make_unique<table_replica>(std::move(ground), p);
  if (auto opened = r->open(mark); !opened) return tl::make_unexpected(opened.error());
  // Raft dissertation, section 6.4: an entry of the leader's own term, before anything is read.
  if (auto put = r->propose(barrier{}, wall_time{}); !put) return tl::make_unexpected(put.error());
  return r;
}

}  // namespace dip
