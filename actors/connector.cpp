#include "actors/connector.hpp"

#include <algorithm>
#include <utility>

namespace dip {

std::string_view to_string(link_phase s) {
  switch (s) {
    case link_phase::down: return "down";
    case link_phase::probing: return "probing";
    case link_phase::dialling: return "dialling";
    case link_phase::greeting: return "greeting";
    case link_phase::up: return "up";
  }
  return "down";
}

bool dials(std::string_view node, std::string_view peer) { return node < peer; }

connector::connector(const connector_config& config, bool dials, wall_time now, std::uint64_t seed)
    : config_(config),
      dials_(dials),
      since_(now),
      due_(dials ? steady_time::min() : steady_time::max()),
      random_(static_cast<std::minstd_rand::result_type>(seed)) {}

connector::step connector::tick(steady_time now, wall_time wall) {
  if (now < due_) return step::none;
  const auto in_vain = [&](const char* what) {
    failed(attempt_, what, now, wall);
    return step::none;
  };
  switch (phase_) {
    case link_phase::down:
      ++attempt_;
      due_ = now + config_.probe_timeout;
      enter(link_phase::probing, wall);
      return step::probe;
    case link_phase::probing: return in_vain("the address does not answer");
    case link_phase::dialling:
      return in_vain("something listens there, but the connection does not come about");
    case link_phase::greeting: return in_vain("connected, but the node there does not introduce itself");
    case link_phase::up: due_ = steady_time::max(); return step::none;
  }
  return step::none;
}

connector::step connector::probed(std::uint64_t attempt, steady_time now, wall_time wall) {
  if (attempt != attempt_ || phase_ != link_phase::probing) return step::none;
  due_ = now + config_.dial_timeout;
  enter(link_phase::dialling, wall);
  return step::dial;
}

connector::step connector::dialled(std::uint64_t attempt, steady_time now, wall_time wall) {
  if (attempt != attempt_ || phase_ != link_phase::dialling) return step::none;
  due_ = now + config_.greet_timeout;
  enter(link_phase::greeting, wall);
  return step::greet;
}

void connector::failed(std::uint64_t attempt, std::string why, steady_time now, wall_time wall, bool again) {
  if (attempt != attempt_ || phase_ == link_phase::down || phase_ == link_phase::up) return;
  const bool at_once = again && !std::exchange(again_, again);
  ++failures_;
  down(std::move(why), at_once ? milliseconds{0} : backoff(), now, wall);
}

void connector::met(wall_time wall) {
  failures_ = 0;
  again_ = false;
  due_ = steady_time::max();
  enter(link_phase::up, wall);
}

void connector::refused(std::string why, steady_time now, wall_time wall) {
  ++failures_;
  down(std::move(why), config_.after_refusal, now, wall);
}

void connector::lost(std::string why, steady_time now, wall_time wall) {
  if (phase_ != link_phase::up) return;
  down(std::move(why), backoff(), now, wall);
}

void connector::enter(link_phase s, wall_time wall) {
  if ((s == link_phase::up) != (phase_ == link_phase::up)) since_ = wall;
  phase_ = s;
}

void connector::down(std::string why, milliseconds wait, steady_time now, wall_time wall) {
  last_error_ = std::move(why);
  enter(link_phase::down, wall);
  due_ = dials_ ? now + wait : steady_time::max();
}

// Doubling, and between half and all of it: a node that comes back is not called by all at the same moment.
milliseconds connector::backoff() {
  auto longest = config_.backoff_min;
  for (std::uint64_t i = 0; i < failures_ && longest < config_.backoff_max; ++i) longest *= 2;
  longest = std::min(longest, config_.backoff_max);
  std::uniform_int_distribution<milliseconds::rep> some{longest.count() / 2, longest.count()};
  return milliseconds{some(random_)};
}

}  // namespace dip
