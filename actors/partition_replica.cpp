#include "actors/partition_replica.hpp"

#include <algorithm>
#include <utility>

#include "core/codec.hpp"

namespace dip {
namespace {

consensus::replica_options options_for(node_id self, std::uint64_t log_keep) {
  consensus::replica_options o;
  // Each node's own: those that wait for a leader must not wake up together.
  o.core.seed = static_cast<unsigned>(self.value ^ (self.value >> 32U)) | 1U;
  o.snapshot_every = log_keep;
  o.trailing = log_keep;
  return o;
}

}  // namespace

partition_replica::partition_replica(node_id self, std::unique_ptr<stored_partition> partition,
                                     std::function<milliseconds()> now, hearer heard)
    : self_(self),
      partition_(std::move(partition)),
      now_(std::move(now)),
      heard_(std::move(heard)),
      replica_(self, options_for(self, partition_->log_keep()), partition_->log()) {
  partition_->log().tell({[this](std::uint64_t number) { written_ = number; },
                          [this] {
                            flush_written();
                            hear(replica_.put_in_place(now_()));
                          },
                          [this] {
                            flush_written();
                            hear(replica_.pinned(now_()));
                          },
                          [this](const error& why) { fail_with(why); }});
}

void partition_replica::start() { hear(replica_.start(now_())); }

void partition_replica::tick() {
  if (!stopped_) hear(replica_.tick(now_()));
}

void partition_replica::receive(consensus::message m) {
  if (!stopped_) hear(replica_.receive(now_(), std::move(m)));
}

// Many writes that became durable together are one event: one batch of rows.
void partition_replica::run(const std::vector<std::function<void()>>& steps) {
  for (const auto& step : steps) {
    if (stopped_) return;
    step();
  }
  flush_written();
}

void partition_replica::flush_written() {
  if (const auto number = std::exchange(written_, std::nullopt); number && !stopped_)
    hear(replica_.written(now_(), *number));
}

result<partition_replica::place> partition_replica::propose(command what, wall_time wall) {
  if (stopped_) return fail(errc::internal, "the log cannot be written any more");
  if (!serves_) return fail(errc::not_leader, "the partition is not led here");
  if (auto may = partition_->may_take(what); !may) return tl::make_unexpected(may.error());
  const auto stamp = stamp_now(wall);
  auto done = replica_.propose(now_(), {encode(stamped_command{stamp, std::move(what)})});
  if (!done) return tl::make_unexpected(done.error());
  const place at{done->first, done->term};
  hear(std::move(done->effects));
  return at;
}

result<void> partition_replica::read(const std::function<void(std::uint64_t id)>& asked) {
  if (stopped_) return fail(errc::not_leader, "the partition is not led here");
  auto done = replica_.read(now_());
  if (!done) return tl::make_unexpected(done.error());
  asked(done->id);
  hear(std::move(done->effects));
  return {};
}

result<void> partition_replica::change(const membership& wanted) {
  return hear(replica_.change(now_(), wanted));
}
result<void> partition_replica::catch_up(node_id learner) { return hear(replica_.catch_up(now_(), learner)); }
result<void> partition_replica::transfer(node_id to) { return hear(replica_.transfer(now_(), to)); }
result<void> partition_replica::take_over(term_number term, const membership& members) {
  return hear(replica_.take_over(now_(), term, members));
}

result<void> partition_replica::hear(result<consensus::effects> e) {
  if (!e) return tl::make_unexpected(e.error());
  hear(std::move(*e));
  return {};
}

// Behind a clock that was ahead, the log's time goes on at half the pace until the clocks have caught up:
// were it to stand still, no delay would ever be over.
wall_time partition_replica::stamp_now(wall_time wall) {
  const auto now = now_();
  const auto latest = partition_->tables().stamp();
  const auto paced = pace_ ? pace_->from + (now - pace_->since) / 2 : wall_time{};
  if (!pace_ || wall >= paced) pace_ = pace{std::max(wall, latest), now};
  return std::max({paced, latest, pace_->from});
}

void partition_replica::fail_with(const error& why) {
  if (std::exchange(stopped_, true)) return;
  partition_->fail_with(why);
}

std::optional<milliseconds> partition_replica::next_timeout() const {
  // A leader without followers waits for nothing but its disk.
  if (stopped_ || (core().role() == consensus::role::leader && is_alone())) return std::nullopt;
  return next_timeout_;
}

bool partition_replica::is_alone() const {
  const auto members = core().members();
  return members.members.size() == 1 && members.is_voter(self_);
}

void partition_replica::hear(consensus::effects e) {
  if (e.fault) return fail_with(*e.fault);
  serves_ = e.serves;
  if (!serves_) pace_.reset();
  next_timeout_ = e.next_timeout;
  heard_(std::move(e), partition_->tables().take_outcomes());
}

}  // namespace dip
