// How a connection to one peer comes about and comes back: when to probe, to dial, to greet, and how long to
// wait after a failure. Free of CAF and of I/O: events in, the next step out.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "core/clock.hpp"

namespace dip {

struct connector_config {
  milliseconds probe_timeout{1'000};
  milliseconds dial_timeout{3'000};
  milliseconds greet_timeout{3'000};
  milliseconds backoff_min{50};
  milliseconds backoff_max{1'000};    // how long a node that is back may have to wait
  milliseconds after_refusal{5'000};  // what was refused once is not settled in a second
};

enum class link_phase : std::uint8_t { down, probing, dialling, greeting, up };
[[nodiscard]] std::string_view to_string(link_phase s);

// Of two nodes the one whose name is less dials; the other waits to be called. So there is one connection,
// and no two that cross: CAF would send over one and listen on the other.
[[nodiscard]] bool dials(std::string_view node, std::string_view peer);

//            ┌──────────────── any failure: wait, with backoff and jitter ◀─────────────┐
//            ▼                                                                          │
//   who dials: down ──▶ probing ──▶ dialling ──▶ greeting ──▶ up ─────────────────────▶─┤
//   who waits: down ────────────────────────────(its hello)─▶ up ─────────────────────▶─┘
//
// Whoever is `down` and does not dial does nothing. One owner.
class connector {
public:
  // What the owner does next; it reports back with the number of the attempt, so that what belongs to an
  // earlier one is not mistaken.
  enum class step : std::uint8_t { none, probe, dial, greet };

  connector(const connector_config& config, bool dials, wall_time now, std::uint64_t seed);

  // At the beginning, and at `due`.
  step tick(steady_time now, wall_time wall);
  [[nodiscard]] steady_time due() const { return due_; }  // steady_time::max(): no time at all

  // `attempt` as it was when the step was given.
  [[nodiscard]] std::uint64_t attempt() const { return attempt_; }
  step probed(std::uint64_t attempt, steady_time now, wall_time wall);
  step dialled(std::uint64_t attempt, steady_time now, wall_time wall);
  // `again`: it says nothing about the peer, and is worth another try at once.
  void failed(std::uint64_t attempt, std::string why, steady_time now, wall_time wall, bool again = false);
  // Both have greeted, whoever began.
  void met(wall_time wall);
  // Turned down, by the peer or by us.
  void refused(std::string why, steady_time now, wall_time wall);
  // A connection that was up is of no more use.
  void lost(std::string why, steady_time now, wall_time wall);

  [[nodiscard]] link_phase phase() const { return phase_; }
  // Since when it is up, or is not.
  [[nodiscard]] wall_time since() const { return since_; }
  // Kept while the link is up again: it is why it was down last.
  [[nodiscard]] const std::string& last_error() const { return last_error_; }
  [[nodiscard]] std::uint64_t failures() const { return failures_; }  // since it was up

private:
  void enter(link_phase s, wall_time wall);
  void down(std::string why, milliseconds wait, steady_time now, wall_time wall);
  milliseconds backoff();

  connector_config config_;
  bool dials_;
  link_phase phase_ = link_phase::down;
  wall_time since_;
  steady_time due_;
  std::uint64_t attempt_ = 0, failures_ = 0;
  bool again_ = false;  // one quick try was given already
  std::string last_error_;
  std::minstd_rand random_;
};

}  // namespace dip
