// Nodes of a cluster as far as their object files go: stores in memory, real object channels, and requests
// that are called instead of sent.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/server.hpp"
#include "net/certificates.hpp"
#include "runtime/object_replication.hpp"
#include "tests/support/scratch_dir.hpp"

namespace dip::test {

// Of nodes called n1, n2, … at 127.0.0.1, by one authority.
class node_certificates {
public:
  node_certificates();
  [[nodiscard]] net::node_credentials of(const std::string& node) const;
  [[nodiscard]] net::node_credentials expired(const std::string& node) const;

private:
  scratch_dir folder_;
  net::key_pair_files authority_;
};

[[nodiscard]] object_name some_upload(partition_id p = {});
// Committed; the row as the log would have it.
object_row store_file(object_store& in, const object_name& name, std::string_view bytes);
// Of a row alone: no store has the file.
[[nodiscard]] object_row row_of(const object_name& name, std::string_view bytes);
[[nodiscard]] std::string some_bytes(std::size_t size, char first = 'a');
// Nothing: there is no such file.
[[nodiscard]] std::optional<std::string> bytes_in(object_store& store, const object_name& name);
[[nodiscard]] std::string bytes_of(object_reader& file);
[[nodiscard]] std::size_t files_in(object_store& store);
// Other bytes of the same length, behind the store's back.
void damage(object_store& store, const object_name& name);

// One port whose answers the test makes.
class odd_server {
public:
  using answer = std::function<http::http_response(const http::http_request&)>;
  explicit odd_server(answer a);
  [[nodiscard]] object_source source(const std::string& node = "odd") const { return {node, url_}; }

private:
  system_clock time_;
  http::server server_;
  std::string url_;
};
// An answer of these bytes from the Range's first on, whose connection breaks before the byte `cut`.
[[nodiscard]] http::http_response cut_answer(const http::http_request& r, std::string bytes, std::size_t cut);

class object_node {
public:
  object_node(std::string name, object_peers peers, const std::optional<net::node_credentials>& tls,
              replication_config config);
  ~object_node() { copies.stop(); }

  const std::string name;
  std::unique_ptr<object_store> store = make_memory_object_store();
  system_clock time;
  object_channel channel;
  object_replication copies;
  std::string url;
};

// n1, n2, … Partition 0 is replicated by the first three, partition 1 by the last three.
class object_cluster {
public:
  explicit object_cluster(unsigned nodes, bool tls = false, replication_config config = {});
  object_node& operator[](unsigned number) { return *nodes_.at("n" + std::to_string(number)); }
  // For all the others.
  void cut_off(unsigned number);
  // As well as the replicas, a majority of each of these is needed from now on.
  void also(std::vector<std::vector<std::string>> quorums) { before_ = std::move(quorums); }

private:
  [[nodiscard]] object_peers peers_of(const std::string& node);
  [[nodiscard]] std::vector<std::string> replicas_of(partition_id p) const;

  std::optional<node_certificates> certificates_;
  std::vector<std::string> names_;
  std::vector<std::vector<std::string>> before_;
  std::mutex mutex_;
  std::map<std::string, std::string> urls_;                    // of those that can be reached
  std::map<std::string, std::unique_ptr<object_node>> nodes_;  // last: what still runs uses all the others
};

}  // namespace dip::test
