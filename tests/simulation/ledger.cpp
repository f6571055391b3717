#include "tests/simulation/ledger.hpp"

#include <algorithm>
#include <functional>

namespace dip::simulation {
namespace {

std::string name(node_id who) { return "replica " + std::to_string(who.value); }
std::string name(log_index i) { return "entry " + std::to_string(i.value); }
std::string name(term_number t) { return "term " + std::to_string(t.value); }

}  // namespace

std::uint64_t mixed(std::uint64_t state, std::uint64_t more) {
  state ^= more + 0x9e3779b97f4a7c15ULL + (state << 6) + (state >> 2);
  return state * 0xff51afd7ed558ccdULL;
}

std::uint64_t hash_of(const replicated_entry& entry) {
  return mixed(std::hash<std::string>{}(entry.payload), static_cast<std::uint64_t>(entry.kind));
}

void ledger::leads(node_id who, term_number term, const log_view& log) {
  const auto [it, fresh] = leaders_.emplace(term, who);
  if (it->second != who)
    return violated("election safety: " + name(who) + " and " + name(it->second) + " lead " + name(term));
  if (!fresh) return;
  for (auto entry = applied_.lower_bound(log.first()); entry != applied_.end(); ++entry)
    if (entry->second.applied_in < term && log.term_at(entry->first) != entry->second.term)
      return violated("leader completeness: " + name(who) + ", leader of " + name(term) + ", lacks applied " +
                      name(entry->first));
}

void ledger::votes(node_id who, term_number term, node_id for_whom) {
  const auto [it, fresh] = votes_.emplace(std::pair{who, term}, for_whom);
  if (!fresh && it->second != for_whom) violated("one vote: " + name(who) + " voted twice in " + name(term));
}

void ledger::appends(node_id who, log_index at, const replicated_entry& entry, term_number before) {
  const auto [it, fresh] = appended_.emplace(std::pair{at, entry.term}, std::pair{hash_of(entry), before});
  if (!fresh && it->second != std::pair{hash_of(entry), before})
    violated("log matching: " + name(who) + " has another " + name(at) + " of " + name(entry.term));
}

void ledger::applies(node_id who, log_index at, const replicated_entry& entry, std::uint64_t state,
                     term_number now) {
  const applied_entry is{entry.term, hash_of(entry), state, now};
  const auto [it, fresh] = applied_.emplace(at, is);
  const auto& was = it->second;
  if (was.term != is.term || was.content != is.content || was.state != is.state)
    violated("state machine safety: " + name(who) + " applied " + name(entry.term) + " at " + name(at) +
             ", others " + name(was.term));
}

void ledger::installs(node_id who, log_index at, term_number term, std::uint64_t state) {
  const auto it = applied_.find(at);
  if (it == applied_.end()) return violated("snapshot: " + name(who) + " installed unapplied " + name(at));
  if (it->second.state != state || it->second.term != term)
    violated("snapshot: " + name(who) + " installed another state at " + name(at));
}

void ledger::acknowledges(log_index at, log_index floor_then) {
  if (at <= floor_then)
    violated("linearizability: " + name(at) + " was written after " + name(floor_then) + " had been seen");
  floor_ = std::max(floor_, at);
  ++acknowledged_;
}

void ledger::answers(log_index at, log_index floor_then) {
  if (at < floor_then)
    violated("linearizability: a read saw " + name(at) + ", an earlier answer " + name(floor_then));
  floor_ = std::max(floor_, at);
  ++answered_;
}

}  // namespace dip::simulation
