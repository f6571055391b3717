// What everything in a run has in common.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/simulation/dice.hpp"
#include "tests/simulation/ledger.hpp"
#include "tests/simulation/mix.hpp"
#include "tests/simulation/network.hpp"
#include "tests/simulation/schedule.hpp"
#include "tests/simulation/trace.hpp"

namespace dip::simulation {

class machine;

struct world {
  explicit world(const mix& m, size_t keep_lines)
      : how(m),
        chance(m.seed),
        links(time, chance, how),
        lines(keep_lines),
        books(static_cast<size_t>(m.groups)) {}
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  template <class Words>
  void line(Words words) {
    lines.line(time.now(), words);
  }
  ledger& book(partition_id p) { return books.at(p.value); }
  [[nodiscard]] bool sound() const {
    for (const auto& b : books)
      if (!b.violation().empty()) return false;
    return true;
  }

  mix how;
  schedule time;
  dice chance;
  network links;
  trace lines;
  std::vector<ledger> books;
  std::map<int, machine*> machines;
  std::map<std::string, std::uint64_t> counts;
  bool faults = true;
};

// A machine's number and its incarnation, in one name. 0 is nobody's.
inline node_id name_of(int number, int incarnation) {
  return {static_cast<std::uint64_t>(incarnation * 10 + number)};
}
inline int machine_of(node_id id) { return static_cast<int>(id.value % 10); }

}  // namespace dip::simulation
