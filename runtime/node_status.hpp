#pragma once

#include <array>
#include <atomic>
#include <string>

#include <caf/actor_system.hpp>

#include "actors/directory.hpp"
#include "actors/environment.hpp"
#include "http/ports.hpp"
#include "http/server.hpp"
#include "imaging/codec.hpp"
#include "runtime/node_report.hpp"
#include "runtime/roster.hpp"

namespace dip {

// How a node is: ready or not, and its figures for Prometheus.
class node_status final : public http::node_port {
public:
  node_status(const environment& env, caf::actor_system& system, const codec_launcher& codecs,
              std::string public_url, const std::atomic<bool>& draining);
  bool ready(std::string& why_not) override;
  std::string metrics() override;
  http::cluster_picture cluster(bool with_hashes) override;
  result<void> give_up_lost() override;
  result<void> recover(partition_id p, term_number term, bool empty) override;
  // From now on it tells how far a change of the nodes is; outlives this.
  void watch_roster(const roster* nodes) { roster_ = nodes; }
  // Any thread. With hashes it reads all that the node's partitions hold.
  [[nodiscard]] node_report report(bool with_hashes) const;
  bool draining() override { return draining_; }
  const std::string& public_url() override { return public_url_; }
  format_set formats() override { return codecs_.formats(); }
  // One answered request of the gateway, counted by status.
  void count_response(int status);
  // Its figures are told from now on; outlives this.
  void watch_gateway(const http::server* gateway) { gateway_ = gateway; }

private:
  [[nodiscard]] bool can_commit(partition_id p) const;
  [[nodiscard]] node_report::partition report_of(partition_id p, bool with_hash) const;

  const environment& env_;
  caf::actor_system& system_;
  const codec_launcher& codecs_;
  std::string public_url_;
  const wall_time since_;
  std::atomic<const http::server*> gateway_{nullptr};
  const std::atomic<bool>& draining_;
  const roster* roster_ = nullptr;
  std::array<std::atomic<std::uint64_t>, 6> responses_{};  // by the status' first digit
};

}  // namespace dip
