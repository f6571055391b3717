#include "storage/table_replica.hpp"

#include <algorithm>
#include <deque>
#include <iterator>
#include <utility>

#include "core/codec.hpp"
#include "storage/keys.hpp"
#include "storage/log_record.hpp"
#include "storage/partition_log.hpp"
#include "storage/state_machine.hpp"
#include "storage/table_view.hpp"

namespace dip {
namespace {

// What brings new work or bytes; the rest only moves on, or frees, what was taken already.
bool takes_room(const command& c) {
  return std::holds_alternative<put_object>(c) || std::holds_alternative<accept_request>(c) ||
         std::holds_alternative<reserve_idempotency>(c);
}

class table_replica final : public replica {
public:
  table_replica(replica_ground ground, partition_id p) : ground_(std::move(ground)), p_(p) {}

  partition_id partition() const override { return p_; }
  term_number term() const override { return term_; }
  log_index last_index() const override { return last_; }
  log_index applied() const override { return applied_; }

  result<void> open(const std::optional<high_water_mark>& mark) {
    auto log = read_partition_log(*ground_.kv->snapshot(), p_, mark);
    if (!log) return tl::make_unexpected(log.error());
    base_ = log->base;
    last_ = log->last;
    applied_ = log->applied;
    checksum_ = log->checksum;
    stamp_ = log->stamp;
    waiting_.assign(std::move_iterator{log->unapplied.begin()}, std::move_iterator{log->unapplied.end()});
    if (auto done = begin_term({log->term.value + 1}); !done) return done;
    return guarded([this] { apply_up_to(last_); });
  }

  result<log_index> propose(command what, wall_time now) override {
    if (ground_.writer->broken()) return fail(errc::internal, "the log cannot be written any more");
    // Asked for every entry: it is also what gives up the ballast in time.
    const bool full = ground_.disk_full();
    if (full && takes_room(what))
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
    if (ground_.writer->broken()) return outcomes;
    const auto done = guarded([&] { outcomes = apply_up_to(durable); });
    if (done) return outcomes;
    ground_.writer->fail_with(done.error());
    return {};
  }

  std::unique_ptr<state_view> view() const override { return make_table_view(ground_.kv->snapshot(), p_); }

private:
  // Rows that cannot be read or written while applying: from here on they are an error like any other.
  template <class Step>
  static result<void> guarded(Step step) {
    try {
      step();
      return {};
    } catch (const damaged_state& damage) {
      return fail(errc::corrupt, damage.what());
    }
  }

  std::vector<apply_outcome> apply_up_to(log_index durable) {
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
    rows.each_changed(family::objects, [this](const std::string& key) { ground_.objects->changed(key); });
    cut_when_long();
    return outcomes;
  }

  result<void> begin_term(term_number term) {
    term_ = term;
    const auto batch = ground_.kv->batch();
    batch->put(family::vote, keys::of_partition(p_), encode(vote_row{term}));
    if (auto written = ground_.kv->write(*batch, true); !written) return written;
    return ground_.writer->begin_term(p_, term);
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

result<std::shared_ptr<void>> open_places::take(partition_id p) {
  const std::lock_guard lock{mutex_};
  if (p.value >= places_.size()) return fail(errc::not_found, "no such partition");
  if (!places_[p.value].expired())
    return fail(errc::conflict, "partition " + std::to_string(p.value) + " has an owner already");
  std::shared_ptr<void> place = std::make_shared<partition_id>(p);
  places_[p.value] = place;
  return place;
}

result<std::unique_ptr<replica>> open_table_replica(replica_ground ground, partition_id p,
                                                    const std::optional<high_water_mark>& mark) {
  auto r = std::make_unique<table_replica>(std::move(ground), p);
  if (auto opened = r->open(mark); !opened) return tl::make_unexpected(opened.error());
  // Raft dissertation, section 6.4: an entry of the leader's own term, before anything is read.
  if (auto put = r->propose(barrier{}, wall_time{}); !put) return tl::make_unexpected(put.error());
  return r;
}

}  // namespace dip
