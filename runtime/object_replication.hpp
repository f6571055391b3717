// Object files over the nodes of a cluster: everything is pulled by whoever is to have it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "actors/object_copies.hpp"
#include "runtime/job_pool.hpp"
#include "runtime/object_channel.hpp"
#include "runtime/object_fetcher.hpp"
#include "runtime/object_mending.hpp"

namespace dip {

// The cluster as this sees it. Any thread may call.
struct object_peers {
  std::string node;  // this one
  // Whose majority makes a file durable: those who replicate the partition, and while that changes, those who
  // did, and those who will: a majority of each. Empty: there is no such partition.
  std::function<std::vector<std::vector<std::string>>(partition_id)> quorums_of;
  // Of that node's object channel; nothing: it cannot be reached.
  std::function<std::optional<std::string>(const std::string& node)> url_of;
  using answered = std::function<void(const result<fetched_files>&)>;
  // Sends what that node is to fetch; never waits. `then` is called once, on any thread, at once or later.
  std::function<void(const std::string& node, const fetch_files& what, milliseconds within, answered then)>
      ask;
};

struct replication_config {
  milliseconds within{30'000};           // for a majority
  unsigned threads = 4;                  // that fetch for others' uploads
  std::size_t waiting = 256;             // requests of others; beyond they are told `overloaded`
  std::uint64_t mend_rate = 32u << 20u;  // bytes a second
  fetch_config fetching = {};
  mending_config mending = {};
};

class object_replication final : public object_copies {
public:
  // `objects` and `served` (nullptr: not known) outlive it.
  object_replication(object_store& objects, object_peers peers, std::optional<net::node_credentials> tls,
                     replication_config config = {}, const object_channel* served = nullptr);
  ~object_replication() override;  // stops
  object_replication(const object_replication&) = delete;
  object_replication& operator=(const object_replication&) = delete;

  [[nodiscard]] bool kept_here(partition_id p) const override;
  [[nodiscard]] result<void> replicate(const std::vector<object_row>& rows) override;
  [[nodiscard]] result<std::unique_ptr<object_reader>> open(const object_row& row) override;
  bool mend(const object_row& row) override { return mending_.add(row); }
  [[nodiscard]] copy_figures figures() const override;

  // What another node asks of this one; `then` when all files are synced here. Never waits.
  void fetch(fetch_files what, object_peers::answered then);
  // Called on any thread when a damaged file was replaced: whoever has it open should open it again. When
  // this comes back the one before is not called any more.
  void on_replaced(std::function<void(const object_name&)> f);
  // All that is under way ends soon, with `draining`.
  void stop();

private:
  struct board;
  struct votes;

  // All who are in any of the quorums.
  [[nodiscard]] std::vector<std::string> replicas_of(partition_id p) const;
  [[nodiscard]] result<void> replicate_in(partition_id p, std::vector<object_row> rows);
  [[nodiscard]] result<fetched_files> fetch_now(const fetch_files& what);
  [[nodiscard]] result<fetched_files> sync(const std::vector<object_row>& rows);
  // The file is in the store, good and synced; answers the bytes that had to come for it.
  [[nodiscard]] result<std::uint64_t> have(const object_row& row, const std::string& first,
                                           std::uint64_t rate);
  [[nodiscard]] result<void> put(object_writer& pulled, const object_row& row, bool damaged);
  [[nodiscard]] result<std::unique_ptr<object_writer>> pull(const object_row& row, const std::string& first,
                                                            std::uint64_t rate);
  [[nodiscard]] std::vector<std::string> holders_of(const object_row& row, const std::string& first) const;

  object_store& objects_;
  const object_peers peers_;
  const replication_config config_;
  const object_channel* served_;
  std::mutex replaced_mutex_;
  std::function<void(const object_name&)> replaced_;
  const std::shared_ptr<board> board_;
  object_fetcher fetcher_;
  std::atomic<bool> stopped_{false};
  std::atomic<std::size_t> waiting_{0};
  object_mending mending_;
  job_pool threads_;  // last: what it finishes uses all the others
};

}  // namespace dip
