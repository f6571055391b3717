#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "actors/directory.hpp"
#include "actors/environment.hpp"
#include "actors/introspection.hpp"
#include "actors/request_watch.hpp"
#include "actors/stage.hpp"
#include "http/doors.hpp"
#include "http/routes.hpp"
#include "http/server.hpp"
#include "imaging/codec_pool.hpp"
#include "net/tls_server.hpp"
#include "notify/destinations.hpp"
#include "notify/mail.hpp"
#include "notify/mail_templates.hpp"
#include "notify/webhook.hpp"
#include "runtime/access_log.hpp"
#include "runtime/job_pool.hpp"
#include "runtime/node.hpp"
#include "runtime/node_files.hpp"
#include "runtime/node_notifications.hpp"
#include "runtime/node_operator.hpp"
#include "runtime/node_requests.hpp"
#include "runtime/node_rows.hpp"
#include "runtime/node_status.hpp"
#include "runtime/object_channel.hpp"
#include "runtime/object_replication.hpp"
#include "runtime/peering.hpp"
#include "storage/node_store.hpp"
#include "storage/object_store.hpp"

namespace dip {

// The members stand in the order of the start; stop goes through them backwards.
class running_node final : public node {
public:
  explicit running_node(node_options options);
  running_node(const running_node&) = delete;
  running_node& operator=(const running_node&) = delete;
  ~running_node() override;

  result<void> start();
  std::uint16_t port() const override { return port_; }
  const std::string& public_url() const override { return status_->public_url(); }
  const std::string& outbox() const override { return outbox_; }
  std::string missing_walls() const override { return launcher_->missing_walls(); }
  int failure_descriptor() const override { return failure_fd_; }
  std::string failure() const override;
  result<void> reload() override;
  void stop(milliseconds within) override;

private:
  result<void> open_stores();
  result<void> start_codecs();
  result<void> open_mail();
  result<void> open_webhooks();
  result<void> start_actors();
  result<void> wait_until_led();
  result<void> open_doors();
  result<void> start_gateway();
  result<void> start_health();
  // Where links point.
  [[nodiscard]] std::string origin() const;
  result<void> begin_alone();
  result<void> join_others();
  result<void> reload_nodes();
  void hand_over(milliseconds within);
  // As the end of a node begins, but it goes on; any thread.
  void begin_drain();
  void drain_workers(milliseconds within);
  void stop_actors();
  void fail_node(const std::string& why);

  node_options options_;
  node_config self_;
  std::string outbox_;
  int failure_fd_ = -1;
  mutable std::mutex failure_mutex_;
  std::string failure_;
  std::atomic<bool> draining_{false};
  std::atomic<bool> stopping_{false};
  std::mutex led_mutex_;
  std::condition_variable led_changed_;
  std::set<partition_id> led_;  // partitions whose house is awake here
  std::optional<incarnation> as_;
  std::optional<net::node_credentials> credentials_;  // for what goes between nodes
  bool stopped_ = false;
  std::uint16_t port_ = 0;

  system_clock clock_;
  directory where_;
  std::unique_ptr<peering> peers_;  // not there: the node is alone, as of the next two
  std::unique_ptr<object_channel> channel_;
  std::unique_ptr<object_replication> copies_;
  request_watch watch_;
  access_log_file access_log_;
  std::unique_ptr<object_store> objects_;
  std::unique_ptr<node_store> store_;
  std::unique_ptr<codec_launcher> launcher_;
  std::unique_ptr<codec_pool> stage_codecs_;
  std::unique_ptr<codec_pool> probe_codecs_;
  std::unique_ptr<codec_pool> info_codecs_;
  std::unique_ptr<mail_transport> mail_;
  std::unique_ptr<mail_templates> templates_;
  std::unique_ptr<webhook_secrets> webhook_secrets_;
  std::unique_ptr<webhook_transport> webhooks_;
  destinations to_;
  std::unique_ptr<stage> preprocess_;
  std::unique_ptr<stage> process_;
  std::unique_ptr<stage> notify_;
  std::unique_ptr<introspection> look_;
  environment env_;
  std::unique_ptr<job_pool> image_threads_;
  std::unique_ptr<job_pool> notify_threads_;
  std::unique_ptr<job_pool> upkeep_threads_;
  std::unique_ptr<job_pool> list_threads_;
  std::unique_ptr<caf::actor_system_config> actor_config_;
  std::unique_ptr<caf::actor_system> actors_;
  caf::actor root_;
  std::unique_ptr<node_rows> rows_;
  std::unique_ptr<node_status> status_;
  std::unique_ptr<node_files> files_;
  std::unique_ptr<node_requests> requests_;
  std::unique_ptr<http::doors> doors_;
  std::unique_ptr<node_notifications> notifications_;
  std::unique_ptr<node_operator> operator_;
  std::unique_ptr<http::route_context> routes_;
  std::shared_ptr<net::tls_server> tls_;
  std::unique_ptr<http::server> server_;
  std::unique_ptr<http::server> health_;
};

}  // namespace dip
