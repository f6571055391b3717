#include "storage/stored_partition.hpp"

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "storage/keys.hpp"

namespace dip {
namespace {

// Payloads that stay in memory behind what is applied: for followers, which are rarely further behind.
constexpr size_t cached_bytes = size_t{512} * 1024;

// What brings new work or bytes; the rest only moves on, or frees, what was taken already.
bool takes_room(const command& c) {
  return std::holds_alternative<put_object>(c) || std::holds_alternative<accept_request>(c) ||
         std::holds_alternative<reserve_idempotency>(c);
}

class opened_partition final : public stored_partition {
public:
  opened_partition(partition_ground on, partition_id p, std::function<void(std::function<void()>)> post)
      : on_(std::move(on)),
        tables_(*on_.kv, *on_.objects, p),
        disk_(make_partition_disk(*on_.kv, *on_.writer, std::move(post))) {}

  result<void> open(partition_id p) {
    std::optional<high_water_mark> mark;
    if (on_.marked) mark = on_.writer->mark(p);
    auto log = partition_store::open({on_.kv, disk_.get(), &tables_}, p, mark, {cached_bytes});
    if (!log) return tl::make_unexpected(log.error());
    log_ = std::move(*log);
    return {};
  }

  partition_store& log() override { return *log_; }
  table_state& tables() override { return tables_; }
  result<void> may_take(const command& what) const override {
    if (on_.writer->broken()) return fail(errc::internal, "the log cannot be written any more");
    // Asked for every entry: it is also what gives up the ballast in time.
    const bool full = on_.disk_full();
    if (full && takes_room(what))
      return fail(errc::disk_full, "less than limits.free_disk is left on this node");
    return {};
  }
  void fail_with(const error& why) override { on_.writer->fail_with(why); }
  std::uint64_t log_keep() const override { return on_.log_keep; }

private:
  partition_ground on_;
  table_state tables_;
  std::unique_ptr<partition_disk> disk_;
  std::unique_ptr<partition_store> log_;
};

// Durable when it returns: a replica begins with what cannot be lost.
result<void> begin_group(const partition_ground& on, partition_id p, const membership& first) {
  if (first.members.empty()) return {};
  const auto voted = on.kv->snapshot()->get(family::vote, keys::of_partition(p));
  if (!voted) return tl::make_unexpected(voted.error());
  if (*voted) return {};
  auto log = replicated_log::open(*on.kv, p, std::nullopt, {});
  if (!log) return tl::make_unexpected(log.error());
  if ((*log)->last().value > 0) return {};
  auto change = (*log)->bootstrap(first);
  change.done = [] {};
  on.writer->add(std::move(change));
  on.writer->wait_written();
  if (on.writer->broken()) return fail(errc::io, "the log cannot be written");
  return {};
}

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

result<std::unique_ptr<stored_partition>> open_stored_partition(
    partition_ground on, partition_id p, const membership& first,
    std::function<void(std::function<void()>)> post) {
  // What an owner before has asked for must be found.
  on.writer->wait_written();
  if (auto begun = begin_group(on, p, first); !begun) return tl::make_unexpected(begun.error());
  auto out = std::make_unique<opened_partition>(std::move(on), p, std::move(post));
  if (auto opened = out->open(p); !opened) return tl::make_unexpected(opened.error());
  return out;
}

}  // namespace dip
