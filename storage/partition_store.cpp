#include "storage/partition_store.hpp"

#include <utility>

#include "core/codec.hpp"
#include "storage/state_transfer.hpp"

namespace dip {
namespace {

// The rows of a piece, without the place of the next: that is the message's.
struct piece_rows {
  std::vector<state_row> rows;
  template <class S, class F>
  static auto fields(S& s, F&& f) {
    return f(s.rows);
  }
};

class node_disk final : public partition_disk {
public:
  node_disk(kv_store& kv, log_writer& writer, std::function<void(std::function<void()>)> post)
      : kv_(kv), writer_(writer), post_(std::move(post)) {}

  void write(log_change change) override {
    change.done = [post = post_, done = std::move(change.done)] { post(done); };
    writer_.add(std::move(change));
  }
  void run(std::function<result<void>(kv_store&)> what, std::function<void()> done) override {
    if (auto ran = what(kv_); !ran) return writer_.fail_with(ran.error());
    if (done) post_(std::move(done));
  }
  void cut(partition_id p, const snapshot_mark& start) override { writer_.cut(p, start); }

private:
  kv_store& kv_;
  log_writer& writer_;
  std::function<void(std::function<void()>)> post_;
};

}  // namespace

std::unique_ptr<partition_disk> make_partition_disk(kv_store& kv, log_writer& writer,
                                                    std::function<void(std::function<void()>)> post) {
  return std::make_unique<node_disk>(kv, writer, std::move(post));
}

partition_store::partition_store(ground on, partition_id p, std::unique_ptr<replicated_log> log)
    : on_(on), p_(p), log_(std::move(log)), kept_(on.kv->snapshot()) {}

result<std::unique_ptr<partition_store>> partition_store::open(ground on, partition_id p,
                                                               const std::optional<high_water_mark>& mark,
                                                               replicated_log::options o) {
  auto log = replicated_log::open(*on.kv, p, mark, o);
  if (!log) return tl::make_unexpected(log.error());
  if (auto loaded = on.state->reload(); !loaded) return tl::make_unexpected(loaded.error());
  return std::unique_ptr<partition_store>{new partition_store(on, p, std::move(*log))};
}

void partition_store::write(std::uint64_t number, const std::optional<hard_state>& voted, log_index first,
                            std::vector<replicated_entry> entries) {
  auto change = log_->write(voted, first, std::move(entries));
  change.done = [this, number] { told_.written(number); };
  on_.disk->write(std::move(change));
}

void partition_store::pin() {
  // What was asked for may be carried out when this store is gone.
  pinned_ = std::make_shared<std::shared_ptr<kv_snapshot>>();
  on_.disk->run(
      [place = pinned_](kv_store& kv) -> result<void> {
        *place = kv.snapshot();
        return {};
      },
      [this] { told_.pinned(); });
}

void partition_store::keep_pinned(log_index at, std::uint64_t trailing) {
  log_->keep_snapshot(log_->mark_at(at));
  kept_ = *std::exchange(pinned_, nullptr);
  const log_index cut{at.value > trailing ? at.value - trailing : 0};
  if (cut < log_->first()) return;
  const auto start = log_->mark_at(cut);
  log_->forget_up_to(start);
  on_.disk->cut(p_, start);
}

result<state_piece> partition_store::read_piece(const std::string& from, size_t bytes) const {
  auto chunk = read_state(*kept_, p_, from, bytes);
  if (!chunk) return tl::make_unexpected(chunk.error());
  return state_piece{encode(piece_rows{std::move(chunk->rows)}), std::move(chunk->next)};
}

result<void> partition_store::begin_staging() {
  on_.disk->run([p = p_](kv_store& kv) { return dip::begin_staging(kv, p); }, {});
  return {};
}

result<void> partition_store::stage(const std::string& rows) {
  auto read = decode<piece_rows>(rows);
  if (!read) return fail(errc::bad_request, "a piece of a state that cannot be read");
  state_chunk chunk{std::move(read->rows), {}};
  if (auto sound = check_rows(chunk); !sound) return sound;
  on_.disk->run([p = p_, chunk = std::move(chunk)](kv_store& kv) { return dip::stage(kv, p, chunk); }, {});
  return {};
}

void partition_store::install(std::uint64_t number, const std::optional<hard_state>& voted,
                              const snapshot_mark& mark) {
  auto change = log_->install(voted, mark);
  change.done = [this, number] { told_.written(number); };
  on_.disk->write(std::move(change));
}

void partition_store::put_in_place() {
  on_.disk->run([p = p_](kv_store& kv) { return complete_install(kv, p); },
                [this] {
                  auto loaded = on_.state->reload();
                  if (loaded && on_.state->applied() != log_->snapshot().index)
                    loaded = fail(errc::corrupt, "a state that was fetched is not at its mark");
                  if (!loaded) return told_.failed(loaded.error());
                  kept_ = on_.kv->snapshot();
                  told_.put_in_place();
                });
}

}  // namespace dip
