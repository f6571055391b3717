// The one source of chance of a run: everything that may happen is drawn from it, in order.
#pragma once

#include <cstdint>

namespace dip::simulation {

class dice {
public:
  explicit dice(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 0x632be59bd9b4e019ULL) {
    for (int i = 0; i < 8; ++i) next();
  }
  std::uint64_t next() {  // xorshift64*
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1dULL;
  }
  // Both ends included.
  int between(int low, int high) {
    return low + static_cast<int>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  bool chance(double p) { return static_cast<double>(next() >> 11) * 0x1.0p-53 < p; }
  bool one_in(int n) { return between(1, n) == 1; }
  template <class C>
  auto& pick(C& choices) {
    return choices[static_cast<size_t>(between(0, static_cast<int>(choices.size()) - 1))];
  }

private:
  std::uint64_t state_;
};

}  // namespace dip::simulation
