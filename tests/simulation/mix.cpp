#include "tests/simulation/mix.hpp"

#include <array>
#include <sstream>

namespace dip::simulation {

mix make_mix(std::uint64_t seed) {
  dice d{seed * 2 + 1};
  mix m;
  m.seed = seed;
  constexpr std::array sizes{1, 2, 3, 3, 3, 3, 3, 4, 5, 5, 6, 7};
  m.machines = d.pick(sizes);
  m.groups = d.one_in(4) ? d.between(2, 4) : 1;
  m.loss = d.between(0, 2) * 0.07;
  m.doubled = d.between(0, 2) * 0.05;
  m.latency_ms = d.one_in(4) ? 150 : d.between(3, 30);
  m.in_order = d.one_in(4);
  m.disk_ms = d.one_in(4) ? 200 : d.between(0, 20);
  m.early_send = d.chance(0.6);
  m.power_cut = d.between(0, 2) * 0.0004;
  m.failed_write = d.one_in(3) ? 0.0005 : 0;
  m.rocks = seed % 10 == 0;
  m.drifting_clocks = d.one_in(3);
  m.damage = m.machines >= 3 && d.one_in(5);
  m.change_members = d.chance(0.7);
  m.transfer = d.chance(0.7);
  m.snapshots = d.chance(0.8);
  m.lose_one_for_good = m.machines >= 3 && d.one_in(4);
  m.snapshot_every = d.between(5, 60);
  m.trailing = d.one_in(3) ? 0 : d.between(0, 20);
  m.chunk_bytes = d.between(20, 200);

  constexpr std::array inflight{1U, 4U, 32U, 256U};
  m.core.election_timeout = milliseconds{1'000};
  m.core.heartbeat = milliseconds{100};
  m.core.pre_vote = d.chance(0.67);
  // A window of a few entries over a slow link, or disk, keeps followers behind for ever.
  m.core.max_inflight =
      inflight.at(static_cast<size_t>(d.between(m.latency_ms > 100 || m.disk_ms > 100 ? 2 : 0, 3)));
  m.core.max_message_bytes = static_cast<size_t>(d.one_in(3) ? d.between(10, 200) : 48 * 1024);
  m.core.max_backlog_entries = static_cast<size_t>(d.one_in(4) ? d.between(5, 40) : 10'000);
  return m;
}

std::string to_string(const mix& m) {
  std::ostringstream out;
  out << "seed " << m.seed << ": " << m.machines << " machines, " << m.groups << " groups, latency "
      << m.latency_ms << ", disk " << m.disk_ms << ", loss " << m.loss << ", doubled " << m.doubled
      << (m.in_order ? ", in order" : "") << (m.early_send ? ", early send" : "")
      << (m.core.pre_vote ? ", pre-vote" : "") << (m.rocks ? ", RocksDB" : "") << (m.damage ? ", damage" : "")
      << (m.change_members ? ", members" : "") << (m.transfer ? ", transfer" : "")
      << (m.snapshots ? ", snapshots" : "") << ", in flight " << m.core.max_inflight;
  return out.str();
}

}  // namespace dip::simulation
