#include "storage/table_view.hpp"

#include <utility>

#include <xxhash.h>

#include "storage/keys.hpp"
#include "storage/table_changes.hpp"

namespace dip {
namespace {

template <class T>
T row_of(std::string_view bytes) {
  auto row = decode<T>(bytes);
  if (!row) throw damaged_state(row.error().detail);
  return std::move(*row);
}

void must(const result<void>& r) {
  if (!r) throw damaged_state(r.error().detail);
}

class table_view final : public state_view {
public:
  table_view(std::unique_ptr<kv_snapshot> snapshot, partition_id p) : kv_(std::move(snapshot)), p_(p) {
    if (auto row = load<applied_row>(family::meta, applied_key(p)))
      applied_ = *row;
    else if (row.error().code != errc::not_found)
      throw damaged_state(row.error().detail);
  }

  log_index applied() const override { return applied_.index; }
  wall_time stamp() const override { return applied_.stamp; }

  result<request_record> request(const request_id& id) const override {
    return load<request_record>(family::requests, keys::of_request(id));
  }
  result<object_row> object(const object_name& name) const override {
    return load<object_row>(family::objects, keys::of_object(name));
  }
  result<queue_message> message(const message_ref& ref) const override {
    if (auto living = load<queue_message>(family::queues, keys::of_message(ref, false))) return living;
    return load<queue_message>(family::queues, keys::of_message(ref, true));
  }
  result<idempotency_row> idempotency(std::string_view key) const override {
    return load<idempotency_row>(family::idempotency, keys::of_idempotency(p_, key));
  }
  result<suppression_row> suppression(std::string_view address) const override {
    return load<suppression_row>(family::suppressions, keys::of_suppression(p_, address));
  }

  std::uint32_t live_requests(std::string_view caller) const override {
    const auto row = load<caller_row>(family::callers, keys::of_caller(p_, caller));
    if (!row && row.error().code != errc::not_found) throw damaged_state(row.error().detail);
    return row ? row->live : 0;
  }

  void each_request(const std::optional<request_id>& before,
                    const std::function<bool(const request_record&)>& visit) const override {
    // A cursor may be of another partition: only its place in time counts here.
    back<request_record>(family::requests, keys::of_partition(p_),
                         before ? keys::of_partition(p_) + keys::raw(before->value) : "", visit);
  }

  void each_object(bucket in, const std::optional<std::string>& before,
                   const std::function<bool(const object_row&)>& visit) const override {
    const auto prefix = keys::of_bucket(p_, in);
    back<object_row>(family::objects, prefix, before ? prefix + *before : "", visit);
  }

  void each_message(queue_name queue, bool dead, message_id from,
                    const std::function<bool(const queue_message&)>& visit) const override {
    must(kv_->each(family::queues, keys::of_queue(p_, queue, dead), keys::of_message({p_, queue, from}, dead),
                   [&](auto, auto value) { return visit(row_of<queue_message>(value)); }));
  }

  void each_idempotency(const std::function<bool(const idempotency_row&)>& visit) const override {
    must(kv_->each(family::idempotency, keys::of_partition(p_), "",
                   [&](auto, auto value) { return visit(row_of<idempotency_row>(value)); }));
  }

  void each_suppression(std::string_view after,
                        const std::function<bool(const suppression_row&)>& visit) const override {
    must(kv_->each(family::suppressions, keys::of_partition(p_), keys::of_suppression(p_, after),
                   [&](auto, auto value) {
                     const auto row = row_of<suppression_row>(value);
                     return row.address == after || visit(row);
                   }));
  }

  bool is_paused(queue_name queue) const override {
    const auto row = load<pause_row>(family::steering, keys::of_pause(p_, queue));
    if (!row && row.error().code != errc::not_found) throw damaged_state(row.error().detail);
    return row.has_value();
  }

  void each_audit(const std::optional<ulid>& before,
                  const std::function<bool(const audit_row&)>& visit) const override {
    back<audit_row>(family::steering, keys::of_audits(p_), before ? keys::of_audit(p_, *before) : "", visit);
  }

  std::uint64_t state_hash() const override {
    XXH64_hash_t hash = 0;
    const auto add = [&hash](std::string_view bytes) {
      hash = XXH3_64bits_withSeed(bytes.data(), bytes.size(), hash);
    };
    for (const auto f : state_families)
      must(kv_->each(f, keys::of_partition(p_), "", [&](auto key, auto value) {
        add(key);
        add(value);
        return true;
      }));
    return hash;
  }

private:
  template <class T>
  result<T> load(family f, const std::string& key) const {
    auto got = kv_->get(f, key);
    if (!got) return tl::make_unexpected(got.error());
    if (!*got) return fail(errc::not_found, "no such row");
    return decode<T>(**got);
  }

  template <class T, class Visit>
  void back(family f, const std::string& prefix, const std::string& before, const Visit& visit) const {
    must(kv_->each_back(f, prefix, before, [&](auto, auto value) { return visit(row_of<T>(value)); }));
  }

  std::unique_ptr<kv_snapshot> kv_;
  partition_id p_;
  applied_row applied_;
};

}  // namespace

std::string applied_key(partition_id p) { return keys::of_partition(p) + "a"; }

std::unique_ptr<state_view> make_table_view(std::unique_ptr<kv_snapshot> snapshot, partition_id p) {
  return std::make_unique<table_view>(std::move(snapshot), p);
}

}  // namespace dip
