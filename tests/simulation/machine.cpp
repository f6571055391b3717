#include "tests/simulation/machine.hpp"

#include "storage/quarantine.hpp"
#include "tests/simulation/watched_replica.hpp"

namespace dip::simulation {

machine::machine(world& w, int number, const std::string& directory)
    : world_(w), number_(number), disk_(w.time, w.chance, world_.how, directory, std::to_string(number)) {
  if (w.how.drifting_clocks) {
    clock_offset_ = w.chance.between(0, 100'000);
    clock_rate_ = w.chance.between(950, 1'050);
  }
  disk_.on_failure = [this] {
    world_.line([&] { return "machine " + std::to_string(number_) + " failed to write"; });
    ++world_.counts["failed writes"];
    power_off_for_a_while();
  };
}

machine::~machine() = default;

milliseconds machine::local() const {
  return milliseconds{clock_offset_ + world_.time.now() * clock_rate_ / 1'000};
}

watched_replica* machine::find(partition_id p) {
  const auto it = replicas_.find(p.value);
  return !on_ || it == replicas_.end() ? nullptr : it->second.get();
}

void machine::power_on() {
  if (on_) return;
  ++power_;
  on_ = true;
  paused_until_ = 0;
  world_.line([&] { return "machine " + std::to_string(number_) + " on"; });
  enter([this] { open_replicas(); });
}

void machine::damage(partition_id p) {
  damaged_ = disk_.lose_confirmed(p);
  if (damaged_) ++world_.counts["losses that a mark tells"];
}

// A damaged one sets its data aside, and with it its name. With files a node's own code does that.
void machine::open_replicas() {
  const auto before = incarnation_;
  if (!disk_.data().empty()) {
    const auto entered = enter_state(disk_.data(), other_copies::replicas, [this] { return try_to_open(); });
    if (!entered) return world_.book({0}).violated("a start: " + entered.error().detail);
    incarnation_ = static_cast<int>(entered->as.value_or(incarnation{}).value);
  } else if (auto opened = try_to_open(); !opened) {
    disk_.format();
    ++incarnation_;
    opened = try_to_open();
    if (!opened) return world_.book({0}).violated("a start: " + opened.error().detail);
  }
  if (incarnation_ != before) {
    damaged_ = false;
    ++world_.counts["quarantines"];
    world_.line([&] {
      return "machine " + std::to_string(number_) + " is damaged, now " + std::to_string(id().value);
    });
  }
  for (auto& [p, r] : replicas_) r->start();
}

result<void> machine::try_to_open() {
  for (int g = 0; g < world_.how.groups; ++g) {
    const partition_id p{static_cast<std::uint16_t>(g)};
    auto& r = replicas_[p.value];
    r = std::make_unique<watched_replica>(world_, *this, p);
    if (auto opened = r->open(); !opened) {
      replicas_.clear();
      disk_.close();
      return opened;
    }
  }
  return {};
}

void machine::power_off() {
  if (!on_) return;
  world_.line([&] { return "machine " + std::to_string(number_) + " off"; });
  ++world_.counts["crashes"];
  ++power_;
  on_ = false;
  replicas_.clear();
  static_cast<void>(outbox_.take());
  disk_.power_off();
}

void machine::power_off_for_a_while() {
  power_off();
  world_.time.after(world_.chance.between(10, 2'500), [this, power = power_] {
    if (power == power_) power_on();
  });
}

void machine::may_lose_power() {
  if (world_.faults && world_.chance.chance(world_.how.power_cut)) throw power_cut{};
}

void machine::enter(const std::function<void()>& what) {
  if (!on_) return;
  if (inside_) return what();
  inside_ = true;
  try {
    what();
    inside_ = false;
  } catch (const power_cut&) {
    inside_ = false;
    ++world_.counts["power cuts"];
    return power_off_for_a_while();
  }
  if (on_) send_parcels();
}

void machine::when_running(std::int64_t time, std::function<void()> what) {
  world_.time.at(time, [this, power = power_, what = std::move(what)] {
    if (power != power_) return;
    if (world_.time.now() < paused_until_) return when_running(paused_until_, what);
    enter(what);
  });
}

void machine::plan(std::int64_t delay, std::function<void()> what) {
  when_running(world_.time.now() + delay, std::move(what));
}

void machine::plan_local(milliseconds local_time, std::function<void()> what) {
  const auto wait = (local_time - local()).count() * 1'000 / clock_rate_ + 1;
  plan(wait, std::move(what));
}

void machine::send_parcels() {
  for (auto& [to, bytes] : outbox_.take()) {
    const auto it = world_.machines.find(machine_of(to));
    if (it == world_.machines.end()) continue;
    ++world_.counts["parcels"];
    auto* there = it->second;
    world_.links.send(number_, machine_of(to), [there, bytes = bytes] { there->arrive(bytes); });
  }
}

void machine::arrive(const std::string& parcel) {
  plan(0, [this, parcel] {
    auto messages = consensus::parse_parcel(parcel);
    if (!messages)
      return world_.book({0}).violated("a parcel that cannot be read: " + messages.error().detail);
    for (auto& m : *messages)
      if (m.what.to == id())
        if (auto* r = find(m.partition); r != nullptr) r->receive(std::move(m.what));
  });
}

}  // namespace dip::simulation
