// How a replica's state moves: applying, snapshots, and the state of another replica put in its place.
#include <algorithm>
#include <utility>

#include "core/codec.hpp"
#include "storage/keys.hpp"
#include "tests/simulation/replica.hpp"

namespace dip::simulation {

using namespace consensus;

void replica::apply() {
  const auto before = state_.applied();
  while (!installing_ && state_.applied() < commit_) {
    const log_index next{state_.applied().value + 1};
    if (next > log_->last() || !is_durable(next)) break;
    apply_one(next);
    if (!world_.sound()) return;
  }
  if (state_.applied() > before) {
    write_rows();
    run(core_->applied(home_.local(), state_.applied()));
  }
}

void replica::apply_one(log_index at) {
  const auto entry = log_->entries(at, at, 1);
  if (!entry) return book_.violated("a committed entry is missing: " + entry.error().detail);
  state_.apply(at, entry->front());
  book_.applies(home_.id(), at, entry->front(), state_.hash(), core_->term());
  const auto it = proposals_.find(at);
  if (it == proposals_.end()) return;
  if (it->second.term == entry->front().term)
    book_.acknowledges(at, it->second.floor);
  else
    ++world_.counts["lost proposals"];
  proposals_.erase(it);
}

void replica::write_rows() {
  const auto at = state_.applied();
  const bool wanted =
      world_.how.snapshots && !installing_ &&
      at.value >= log_->snapshot().index.value + static_cast<std::uint64_t>(world_.how.snapshot_every) &&
      world_.time.now() - last_asked_ > 3'000;
  auto pinned = std::make_shared<std::shared_ptr<kv_snapshot>>();
  home_.storage().write(
      [changes = state_.take_changes(p_), wanted, pinned](kv_store& kv) {
        const auto batch = kv.batch();
        for (const auto& [f, key, value] : changes) batch->put(f, key, value);
        static_cast<void>(kv.write(*batch, false));
        if (wanted) *pinned = kv.snapshot();
      },
      [this, wanted, pinned, at] {
        if (wanted) home_.enter([&] { take_snapshot(std::move(*pinned), at); });
      });
}

void replica::take_snapshot(std::shared_ptr<kv_snapshot> pinned, log_index at) {
  if (installing_ || at <= log_->snapshot().index) return;
  ++world_.counts["snapshots"];
  const auto mark = log_->mark_at(at);
  log_->keep_snapshot(mark);
  pinned_ = std::move(pinned);
  const auto trailing = static_cast<std::uint64_t>(world_.how.trailing);
  const log_index cut{mark.index.value > trailing ? mark.index.value - trailing : 0};
  if (cut >= log_->first()) {
    const auto start = log_->mark_at(cut);
    log_->forget_up_to(start);
    home_.storage().write(
        [start, p = p_](kv_store& kv) {
          const auto batch = kv.batch();
          batch->put(family::meta, log_start_key(p), encode(start));
          batch->remove_range(family::log, keys::of_index(p, {0}),
                              keys::of_index(p, {start.index.value + 1}));
          static_cast<void>(kv.write(*batch, false));
        },
        {});
  }
  run(core_->snapshot_taken(home_.local(), mark));
}

std::optional<state_chunk> replica::state_piece(log_index index, const std::string& from) {
  if (log_->snapshot().index != index || !pinned_) return std::nullopt;
  last_asked_ = world_.time.now();
  auto piece = read_state(*pinned_, p_, from, static_cast<size_t>(world_.how.chunk_bytes));
  if (!piece) {
    book_.violated("a piece of the state: " + piece.error().detail);
    return std::nullopt;
  }
  return std::move(*piece);
}

void replica::begin_fetch(const offered_snapshot& offer) {
  ++fetch_;
  fetching_ = fetching{offer, {}, 0};
  ++world_.counts["fetches"];
  home_.storage().write([p = p_](kv_store& kv) { static_cast<void>(begin_staging(kv, p)); }, {});
  ask_for_piece();
}

// A question and its answer over the object channel; either may be lost.
void replica::ask_for_piece() {
  auto& f = *fetching_;
  if (++f.tries > 5) {
    core_->snapshot_lost(f.offer.mark.index);
    fetching_.reset();
    return;
  }
  const auto there = machine_of(f.offer.from), here = home_.number();
  world_.links.send(
      here, there, [&w = world_, p = p_, there, here, fetch = fetch_, offer = f.offer, from = f.from] {
        auto* source = w.machines.at(there)->id() == offer.from ? w.machines.at(there)->find(p) : nullptr;
        if (source == nullptr) return;
        auto piece = source->state_piece(offer.mark.index, from);
        w.links.send(there, here, [&w, p, here, fetch, from, piece = std::move(piece)] {
          w.machines.at(here)->plan(0, [&w, p, here, fetch, from, piece] {
            if (auto* r = w.machines.at(here)->find(p); r != nullptr) r->take_piece(fetch, from, piece);
          });
        });
      });
  home_.plan(1'500, [this, fetch = fetch_, from = f.from] {
    if (fetching_ && fetch == fetch_ && fetching_->from == from) ask_for_piece();
  });
}

void replica::take_piece(std::uint64_t fetch, const std::string& from,
                         const std::optional<state_chunk>& piece) {
  if (!fetching_ || fetch != fetch_ || fetching_->from != from) return;
  const auto index = fetching_->offer.mark.index;
  if (!piece) {
    core_->snapshot_lost(index);
    fetching_.reset();
    return;
  }
  ++world_.counts["pieces"];
  fetching_->tries = 0;
  fetching_->from = piece->next.empty() ? "staging the last" : piece->next;
  home_.storage().write([p = p_, chunk = *piece](kv_store& kv) { static_cast<void>(stage(kv, p, chunk)); },
                        [this, fetch, index, last = piece->next.empty()] {
                          home_.enter([&] {
                            if (!fetching_ || fetch != fetch_) return;
                            if (!last) return ask_for_piece();
                            fetching_.reset();
                            run(core_->snapshot_fetched(home_.local(), index));
                          });
                        });
}

void replica::begin_install() {
  home_.storage().write([p = p_](kv_store& kv) { static_cast<void>(complete_install(kv, p)); },
                        [this] { home_.enter([this] { end_install(); }); });
}

void replica::end_install() {
  state_ = state::load(home_.storage().kv(), p_);
  pinned_ = home_.storage().kv().snapshot();
  const auto& mark = log_->snapshot();
  if (state_.applied() != mark.index) book_.violated("an installed state is not at its mark");
  book_.installs(home_.id(), mark.index, mark.term, state_.hash());
  installing_ = false;
  run(core_->snapshot_persisted(home_.local()));
}

}  // namespace dip::simulation
