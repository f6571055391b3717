// Links between machines that lose, delay, double and reorder what they carry, and that can be cut one way.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "tests/simulation/dice.hpp"
#include "tests/simulation/mix.hpp"
#include "tests/simulation/schedule.hpp"

namespace dip::simulation {

inline constexpr int machine_count = 8;  // that there ever are; named 1 to 8

class network {
public:
  network(schedule& time, dice& chance, const mix& m) : time_(time), dice_(chance), mix_(m) {}

  // `arrive` is called zero, one or two times.
  void send(int from, int to, const std::function<void()>& arrive);

  void cut(int from, int to) { cuts_.insert({from, to}); }
  void mend() { cuts_.clear(); }
  // From now on it only delays.
  void behave() {
    mend();
    behaves_ = true;
  }
  // One of six forms, by chance. Answers its name.
  std::string partition();

private:
  void isolate(int machine);
  void split(int bridge);

  schedule& time_;
  dice& dice_;
  const mix& mix_;
  bool behaves_ = false;
  std::set<std::pair<int, int>> cuts_;
  std::map<std::pair<int, int>, std::int64_t> latest_;
};

}  // namespace dip::simulation
