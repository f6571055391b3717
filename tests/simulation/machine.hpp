// A machine: a disk, a clock of its own, and a replica of each group. It can lose its power at any step.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "consensus/parcel.hpp"
#include "tests/simulation/disk.hpp"
#include "tests/simulation/world.hpp"

namespace dip::simulation {

class watched_replica;

struct power_cut {};

class machine {
public:
  machine(world& w, int number, const std::string& directory);
  machine(const machine&) = delete;
  machine& operator=(const machine&) = delete;
  ~machine();

  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] node_id id() const { return name_of(number_, incarnation_); }
  [[nodiscard]] bool is_on() const { return on_; }
  [[nodiscard]] bool was_on() const { return power_ > 0; }
  [[nodiscard]] disk& storage() { return disk_; }
  [[nodiscard]] watched_replica* find(partition_id p);
  [[nodiscard]] milliseconds local() const;

  // Damaged, it comes back empty and under another name.
  void power_on();
  // Its disk forgets what it had confirmed. Only when it is off.
  void damage(partition_id p);
  // It has been, and has not come back yet.
  [[nodiscard]] bool is_damaged() const { return damaged_; }
  void power_off();
  void power_off_for_a_while();
  // It stands still: nothing arrives, no timer fires, no disk answers.
  void pause(std::int64_t ms) { paused_until_ = world_.time.now() + ms; }

  // Everything that this machine does happens inside of one of these, and is lost with its power.
  void enter(const std::function<void()>& what);
  void plan(std::int64_t delay, std::function<void()> what);
  void plan_local(milliseconds local_time, std::function<void()> what);
  // At a step where the power may be lost.
  void may_lose_power();

  void send(partition_id p, consensus::message m) { outbox_.add(p, std::move(m)); }
  void arrive(const std::string& parcel);

private:
  void open_replicas();
  [[nodiscard]] result<void> try_to_open();
  void send_parcels();
  void when_running(std::int64_t time, std::function<void()> what);

  world& world_;
  int number_;
  int incarnation_ = 0;
  disk disk_;
  bool on_ = false;
  bool inside_ = false;
  bool damaged_ = false;
  std::uint64_t power_ = 0;
  std::int64_t paused_until_ = 0;
  std::int64_t clock_offset_ = 0;
  std::int64_t clock_rate_ = 1'000;  // its milliseconds in a thousand
  consensus::outbox outbox_{48 * 1024};
  std::map<std::uint16_t, std::unique_ptr<watched_replica>> replicas_;
};

}  // namespace dip::simulation
