#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>

#include "actors/environment.hpp"
#include "actors/introspection.hpp"
#include "actors/links.hpp"
#include "http/operator_port.hpp"
#include "runtime/asking.hpp"
#include "runtime/inspection.hpp"
#include "runtime/job_pool.hpp"
#include "runtime/live_feed.hpp"
#include "runtime/node_rows.hpp"

namespace dip {

// What operators see and do, on any node for the whole cluster.
class node_operator final : public http::operator_port {
public:
  struct parts {
    const environment& env;
    caf::actor_system& system;
    asking ask;
    node_rows& rows;
    introspection& look;
    std::function<void()> drain;  // this node takes no more, and hands all over; must not block
    std::function<bool()> is_draining;
  };
  explicit node_operator(parts p);
  node_operator(const node_operator&) = delete;
  node_operator& operator=(const node_operator&) = delete;
  ~node_operator() override;

  // Other nodes' operators ask it over their links from now on.
  void answer(links& all);

  http::flow_picture flow() override;
  result<http::message_page> messages(const http::message_query& q) override;
  result<http::redrive_outcome> redrive(const http::redrive_query& q) override;
  result<void> pause(queue_name queue, bool paused) override;
  result<void> discard(const message_ref& message) override;
  result<request_record> retry(const request_id& id) override;
  result<http::page<audit_row>> audit(std::uint32_t limit, std::string_view cursor) override;
  void note(audit_row row) override;
  http::actor_page actors(const http::actor_query& q) override;
  result<http::actor_detail> actor(const std::string& id) override;
  result<actor_view> restart(const std::string& id) override;
  result<http::request_trace> trace(const request_id& id) override;
  result<void> lead(std::uint16_t partition, const std::string& node) override;
  result<void> drain(const std::string& node) override;
  std::unique_ptr<http::event_feed> feed() override;

private:
  // Of this node.
  [[nodiscard]] inspected inspect_here(const inspection& what);
  void inspect_actor(const inspection& what, inspected& out) const;
  [[nodiscard]] inspected restart_here(const std::string& number) const;
  [[nodiscard]] inspected lead_here(const inspection& what) const;
  [[nodiscard]] std::vector<queue_figures> figures_here() const;
  // Of one node, which may be this one. `not_found`, `no_quorum` when it cannot be reached.
  [[nodiscard]] result<inspected> inspect_one(const std::string& node, const inspection& what);
  // Of all; those that did not answer are put into `unreachable`.
  [[nodiscard]] std::map<std::string, inspected> inspect_all(const inspection& what,
                                                             std::vector<std::string>& unreachable);
  [[nodiscard]] http::flow_picture flow_of(const std::map<std::string, inspected>& said) const;
  [[nodiscard]] http::overview_picture overview();
  // Rows as the partitions' leaders have them, or this node's own; nothing: they cannot be read.
  [[nodiscard]] std::vector<std::optional<result<found_rows>>> read(
      const std::vector<std::pair<partition_id, read_rows>>& wanted) const;
  [[nodiscard]] std::string keeper_of(partition_id p) const;
  [[nodiscard]] result<void> redrive_some(partition_id p, queue_name queue,
                                          const std::vector<message_id>& ids,
                                          http::redrive_outcome& out) const;
  [[nodiscard]] result<void> redrive_partition(partition_id p, const http::redrive_query& q,
                                               http::redrive_outcome& out) const;

  const parts p_;
  const environment& env_;
  live_feed feed_;
  std::unique_ptr<job_pool> threads_;  // for what other nodes ask
};

}  // namespace dip
