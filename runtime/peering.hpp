// This node among the others of its cluster: its links, who is who in Raft, who leads what, and how what
// comes over the links reaches the actors here.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <caf/actor.hpp>

#include "actors/environment.hpp"
#include "actors/leaders.hpp"
#include "actors/link_network.hpp"
#include "actors/links.hpp"
#include "core/placement.hpp"
#include "runtime/roster.hpp"
#include "storage/quarantine.hpp"

namespace dip {

// Of the files that security.tls_ca names; nothing: there are none.
[[nodiscard]] std::optional<net::node_credentials> node_credentials_of(const config& c,
                                                                       const std::string& node);

// Outlives all actors but those of its own network; any thread, unless it says otherwise.
//
// A node without data does not know whether the cluster is new, or whether it is itself new, or has lost all
// that it had. It asks: when one of the others has begun without it, it joins, under a name in Raft that it
// never had before; when all are as new as it is, they begin together.
class peering final : public peers, public node_changes {
public:
  struct options {
    const config* conf = nullptr;
    node_config self;
    std::string data;               // directory
    std::string start;              // this run: "n1#01J…"
    std::optional<incarnation> as;  // nothing: it has no data
    std::optional<founding> began;  // nothing: not with this node, or it is not known yet
    std::uint16_t objects = 0;      // port of the object channel
    std::optional<net::node_credentials> tls;
    // Why this node should lead nothing; empty: nothing is against it. From any thread; asked twice a second
    // for each partition.
    std::function<std::string()> unfit;
  };

  // Errors: `bad_request` with a sentence for each thing that keeps the node from starting.
  [[nodiscard]] static result<std::unique_ptr<peering>> make(options o, const clock& time);

  // In this order, by the owner: before the actor system is made; when it is there, with what its actors
  // share; when they are there: links and the port. Errors: `io`. `failed` is called when a link goes down
  // too often.
  void prepare(caf::actor_system_config& system) const;
  void attach(caf::actor_system& system, const environment& env);
  result<void> open(std::function<void(const std::string&)> failed);
  // What this node says of itself when it is asked (runtime/node_report.hpp); before that it has nothing to
  // say.
  // Called on a link's actor: what takes long is for another thread.
  void report_with(std::function<void(bool with_hashes, responder reply)> report);
  // cluster.conf has other nodes, or another number of replicas; false: it has not. Errors: those of
  // `roster::change`. The owner's thread.
  result<bool> change_nodes(const config& conf);
  // Leaderships are handed over, and none is taken.
  void drain();
  // Closes the port and lets go of all handles.
  void close();
  // Calls `end`, which ends the actor system. CAF ends a connection by saying so and waiting for the other
  // side, and that may be a stranger, or a machine that is cut off, who never answers: such connections are
  // ended for it.
  void outlast(const std::function<void()>& end) const;

  void send(node_id to, partition_id about, std::string bytes, bool can_wait) override;
  void tell_all(envelope_kind kind, partition_id about, const std::string& bytes) override;

  [[nodiscard]] std::optional<seat> seat_of(partition_id p) const;
  [[nodiscard]] partition_place place_of(partition_id p) const { return roster_->now()->places.at(p.value); }
  [[nodiscard]] const roster& nodes() const { return *roster_; }
  [[nodiscard]] leaders& leads() { return leads_; }
  [[nodiscard]] links& all() { return links_; }

  void group(partition_id p, bool settled) override;
  [[nodiscard]] std::optional<walk> begin_walk() const override;
  void end_walk(const walk& w, std::size_t missing) override;
  result<void> give_up_lost() override;

private:
  peering(options o, const clock& time, link_network_config network, std::unique_ptr<roster> nodes);

  void receive_messages();
  void answer_requests();
  void changed(const std::string& peer, const std::optional<hello>& met);
  void heard(const std::string& peer, const standing& of);
  void decide();
  void begin();
  void join();
  void take_name(incarnation as);
  // This node's standing has changed; under the lock.
  void tell_standing();
  // Tells the others when it is complete, or is not any more; the change ends when all are.
  void follow_change();
  [[nodiscard]] std::vector<peer_address> peers_now() const;
  // Links come and go.
  void meet_peers();

  const options options_;
  const clock& time_;
  const link_network_config network_config_;
  std::vector<membership> first_;  // of each partition; set before `own_.as` is
  const std::unique_ptr<roster> roster_;
  leaders leads_;
  links links_;
  std::unique_ptr<link_network> network_;
  caf::actor_system* system_ = nullptr;
  const environment* env_ = nullptr;
  std::function<void(const std::string&)> failed_;
  std::mutex supervisors_mutex_;
  std::map<std::string, caf::actor> supervisors_;  // of a peer's link
  bool closed_ = false;
  std::atomic<bool> unfit_{false};

  mutable std::mutex mutex_;
  std::function<void(bool, responder)> report_;
  standing own_;
  std::map<std::string, standing> others_;
};

}  // namespace dip
