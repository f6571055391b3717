#include "actors/census.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <cxxabi.h>

namespace dip {
namespace {

// As CAF packs them: six bits a letter, after a leading 0xF.
std::string text_of_atom(std::uint64_t value) {
  constexpr std::string_view letters = " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
  std::string out;
  bool begun = ((value & 0xF000000000000000ULL) >> 60) == 0xF;
  for (std::uint64_t mask = 0x0FC0000000000000ULL, shift = 54; mask != 0; mask >>= 6, shift -= 6) {
    const auto bits = (value & mask) >> shift;
    if (begun)
      out += letters[bits];
    else if (bits == 0xF)
      begun = true;
    if (shift == 0) break;
  }
  return out;
}

std::string demangled(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text{
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free};
  std::string out = status == 0 && text ? text.get() : type.name();
  for (const std::string_view scope : {"dip::", "caf::"})
    for (auto at = out.find(scope); at != std::string::npos; at = out.find(scope))
      out.erase(at, scope.size());
  return out;
}

std::int64_t steady_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

}  // namespace

std::string message_type::text() const {
  if (atom != 0) return text_of_atom(atom);
  return type == nullptr ? "" : demangled(*type);
}

void actor_counters::end(std::int64_t began, std::int64_t now, bool failed) {
  const auto n = handled.load(std::memory_order_relaxed);
  // Of a long mailbox its stamp is another's, who came later: it waited no shorter.
  const auto came = came_at_[n % stamps].load(std::memory_order_relaxed);
  const auto waited = static_cast<std::uint64_t>(came != 0 && began > came ? began - came : 0);
  const auto worked = static_cast<std::uint64_t>(now > began ? now - began : 0);
  auto& e = events_[n % events_kept];
  e.at_ns.store(began, std::memory_order_relaxed);
  e.type.store(current_type_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  e.atom.store(current_atom_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  e.waited_ns.store(waited, std::memory_order_relaxed);
  e.worked_ns.store((worked << 1U) | (failed ? 1U : 0U), std::memory_order_relaxed);
  wait.add(waited);
  busy.add(worked);
  busy_ns.fetch_add(worked, std::memory_order_relaxed);
  handled.store(n + 1, std::memory_order_relaxed);
  busy_since_ns.store(0, std::memory_order_relaxed);
}

std::string actor_counters::name() const {
  const std::lock_guard lock{mutex_};
  return name_;
}

void actor_counters::set_name(std::string name) {
  const std::lock_guard lock{mutex_};
  name_ = std::move(name);
}

std::string actor_counters::kind() const {
  const std::lock_guard lock{mutex_};
  return kind_;
}

void actor_counters::set_kind(std::string kind) {
  const std::lock_guard lock{mutex_};
  kind_ = std::move(kind);
}

std::string actor_counters::last_error() const {
  const std::lock_guard lock{mutex_};
  return last_error_;
}

void actor_counters::set_last_error(std::string text) {
  const std::lock_guard lock{mutex_};
  last_error_ = std::move(text);
}

std::uint64_t actor_counters::depth() const {
  // Read in this order, a message that is handled in between cannot make the difference negative.
  const auto done = handled.load(std::memory_order_relaxed);
  const auto came = arrived.load(std::memory_order_relaxed);
  return came > done ? came - done : 0;
}

std::optional<std::int64_t> actor_counters::oldest_ns() const {
  const auto done = handled.load(std::memory_order_relaxed);
  const auto came = arrived.load(std::memory_order_relaxed);
  if (came <= done) return std::nullopt;
  const auto first = came - done > stamps ? came - stamps : done;
  const auto at = came_at_[first % stamps].load(std::memory_order_relaxed);
  return at == 0 ? std::nullopt : std::optional{at};
}

std::vector<actor_counters::event> actor_counters::events() const {
  const auto done = handled.load(std::memory_order_relaxed);
  std::vector<event> out;
  for (auto n = done > events_kept ? done - events_kept : 0; n < done; ++n) {
    const auto& e = events_[n % events_kept];
    const auto worked = e.worked_ns.load(std::memory_order_relaxed);
    out.push_back({e.at_ns.load(std::memory_order_relaxed),
                   {e.type.load(std::memory_order_relaxed), e.atom.load(std::memory_order_relaxed)},
                   e.waited_ns.load(std::memory_order_relaxed),
                   worked >> 1U,
                   (worked & 1U) != 0});
  }
  return out;
}

census& census::here() {
  static census one;
  return one;
}

std::shared_ptr<actor_counters> census::add(std::uint64_t id, std::uint64_t parent) {
  auto counters = std::make_shared<actor_counters>();
  counters->id = id;
  counters->parent = parent;
  counters->since = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  const std::lock_guard lock{mutex_};
  actors_[id] = counters;
  return counters;
}

void census::remove(std::uint64_t id, std::string reason) {
  const std::lock_guard lock{mutex_};
  const auto it = actors_.find(id);
  if (it == actors_.end()) return;
  const auto& a = *it->second;
  dead_.push_front({id, a.parent, a.name(), a.kind(), std::move(reason), a.last_error(), a.since,
                    std::chrono::floor<milliseconds>(std::chrono::system_clock::now()), a.handled,
                    a.high_water});
  if (dead_.size() > dead_kept) dead_.pop_back();
  auto& of_kind = ended_[a.kind()];
  of_kind.handled += a.handled;
  of_kind.busy_ns += a.busy_ns;
  actors_.erase(it);
}

std::vector<std::shared_ptr<actor_counters>> census::all() const {
  const std::lock_guard lock{mutex_};
  std::vector<std::shared_ptr<actor_counters>> out;
  out.reserve(actors_.size());
  for (const auto& [id, counters] : actors_) out.push_back(counters);
  return out;
}

std::shared_ptr<actor_counters> census::find(std::uint64_t id) const {
  const std::lock_guard lock{mutex_};
  const auto it = actors_.find(id);
  return it == actors_.end() ? nullptr : it->second;
}

void census::note_supervised(std::uint64_t id) {
  if (const auto a = find(id)) a->supervised = true;
}

std::vector<census::dead_actor> census::dead() const {
  const std::lock_guard lock{mutex_};
  return {dead_.begin(), dead_.end()};
}

std::vector<census::kind_figures> census::by_kind() const {
  const std::lock_guard lock{mutex_};
  auto all = ended_;
  for (const auto& [id, a] : actors_) {
    auto& f = all[a->kind()];
    const auto depth = a->depth();
    ++f.actors;
    f.waiting += depth;
    f.deepest = std::max(f.deepest, depth);
    f.handled += a->handled;
    f.busy_ns += a->busy_ns;
  }
  std::vector<kind_figures> out;
  for (auto& [kind, f] : all) {
    f.kind = kind;
    out.push_back(std::move(f));
  }
  return out;
}

void census::note_restart(const std::string& name, const std::string& why, milliseconds delay) {
  const std::lock_guard lock{mutex_};
  auto& r = restarts_[name];
  r.name = name;
  ++r.count;
  r.last_error = why;
  r.at = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  r.again = steady_time{std::chrono::nanoseconds{steady_ns()}} + delay;
}

std::vector<census::restarts> census::all_restarts() const {
  const std::lock_guard lock{mutex_};
  std::vector<restarts> out;
  out.reserve(restarts_.size());
  for (const auto& [name, r] : restarts_) out.push_back(r);
  return out;
}

}  // namespace dip
