#include "tests/simulation/network.hpp"

#include <algorithm>

namespace dip::simulation {

void network::send(int from, int to, const std::function<void()>& arrive) {
  int copies = 1;
  if (!behaves_) {
    if (dice_.chance(mix_.loss))
      copies = 0;
    else if (!mix_.in_order && dice_.chance(mix_.doubled))
      copies = 2;
  }
  for (; copies > 0; --copies) {
    auto when = time_.now() + 1 + dice_.between(0, mix_.latency_ms);
    if (mix_.in_order) {
      auto& latest = latest_[{from, to}];
      latest = when = std::max(when, latest);
    }
    // What is under way when a link is cut does not arrive.
    time_.at(when, [this, from, to, arrive] {
      if (!cuts_.contains({from, to})) arrive();
    });
  }
}

void network::isolate(int machine) {
  for (int other = 1; other <= machine_count; ++other) {
    cut(machine, other);
    cut(other, machine);
  }
}

// Two sides; the bridge, when there is one, sees both.
void network::split(int bridge) {
  std::set<int> side;
  for (int i = 1; i <= machine_count; ++i)
    if (dice_.one_in(2)) side.insert(i);
  for (int a = 1; a <= machine_count; ++a)
    for (int b = 1; b <= machine_count; ++b)
      if (a != bridge && b != bridge && side.contains(a) != side.contains(b)) cut(a, b);
}

std::string network::partition() {
  mend();
  const int one = dice_.between(1, machine_count);
  switch (dice_.between(1, 6)) {
    case 1: isolate(one); return "isolated " + std::to_string(one);
    case 2: split(0); return "split in two";
    case 3: split(one); return "split in two, both see " + std::to_string(one);
    case 4:
      for (int i = 1; i <= machine_count; ++i) cut(i, one);
      return "nobody is heard by " + std::to_string(one);
    case 5:
      for (int i = 1; i <= machine_count; ++i) cut(one, i);
      return "nobody hears " + std::to_string(one);
    default:
      for (int i = 0; i < 8; ++i) cut(dice_.between(1, machine_count), dice_.between(1, machine_count));
      return "links cut";
  }
}

}  // namespace dip::simulation
