// What the HTTP gateway needs of a node, as plain abstract classes that runtime/ implements. Every call may
// come from any handler thread and may block until it has its answer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "core/errc.hpp"
#include "core/image_format.hpp"
#include "core/image_info.hpp"
#include "core/log_entry.hpp"
#include "core/object.hpp"
#include "core/recipe.hpp"
#include "core/request.hpp"
#include "http/message.hpp"

namespace dip::http {

// An upload that is being received. Dropping it leaves nothing behind.
class upload {
public:
  virtual ~upload() = default;
  // Streams to disk, hashed on the way. `too_large` beyond limits.upload, `unsupported_media` as soon as the
  // first bytes show it, `disk_full`, `io`.
  virtual result<void> write(std::string_view bytes) = 0;
  // Probes the header, makes the bytes durable, logs the row. `invalid_image` (also when empty),
  // `too_many_pixels`, `unsupported_media`, `no_quorum`, `draining`, `disk_full`.
  virtual result<object_row> finish(std::string_view original_name) = 0;
};

// A file with its row. Any thread, many at once.
class opened_object : public body_source {
public:
  [[nodiscard]] virtual const object_row& row() const = 0;
};

template <class T>
struct page {
  std::vector<T> items;
  std::string next_cursor;  // empty at the end
  bool stale = false;       // read without a leader
};

class files_port {
public:
  virtual ~files_port() = default;
  // `draining`, `disk_full`, `overloaded`: nothing was taken.
  virtual result<std::unique_ptr<upload>> begin_upload() = 0;
  virtual result<object_row> find(const object_name& name) = 0;
  // Row and bytes.
  virtual result<std::shared_ptr<opened_object>> open(const object_name& name) = 0;
  // The same without waiting for anything, of what was opened lately. nullptr: ask `open`.
  virtual std::shared_ptr<opened_object> recall(const object_name& name) = 0;
  // What `find` has found, decoded. With `location` also where it was taken. `overloaded` when too many ask.
  virtual result<image_info> inspect(const object_row& row, bool location) = 0;
  // `conflict` while a live request needs it.
  virtual result<void> remove(const object_name& name) = 0;
  virtual result<page<object_row>> list(bucket in, std::uint32_t limit, std::string_view cursor) = 0;
};

// Lives as long as somebody is interested; no news come any more when its destructor has come back.
class subscription {
public:
  virtual ~subscription() = default;
};

struct found_request {
  request_record record;
  bool stale = false;  // from this node's copy: no leader could be asked, and it may have gone on since
};

class requests_port {
public:
  struct query {
    std::optional<request_status> status;
    std::optional<wall_time> since;
    std::uint32_t limit = 50;
    std::string cursor;
  };
  struct submission {
    const caller& by;
    std::string idempotency_key;  // may be empty; each caller has keys of its own
    std::string body;             // what its hash is made of
  };
  virtual ~requests_port() = default;
  // The whole of POST /process-file after its JSON was read: `forbidden` (a foreign file), `not_found`,
  // `invalid_operation` with pointer, `too_many_pixels`, `overloaded`, `draining`, `disk_full`, `no_quorum`,
  // `idempotency_mismatch`, `rate_limited` when so many of the caller's are not final yet as it may have.
  virtual result<request_record> submit(const process_request& what, const submission& from) = 0;
  // `no_quorum` when nobody can be asked, nor a copy here.
  virtual result<found_request> find(const request_id& id) = 0;
  // Calls `news` whenever the request changes, and when the node begins to stop; from any thread, at once
  // after the change could be found.
  virtual std::unique_ptr<subscription> watch(const request_id& id, std::function<void()> news) = 0;
  virtual result<page<request_record>> list(const query& q) = 0;
  virtual result<request_record> cancel(const request_id& id) = 0;
};

class notifications_port {
public:
  virtual ~notifications_port() = default;
  // A final request's notifications once more. `not_found`, `conflict` when it is not final, wants none, or
  // they are on their way; `no_quorum`, `disk_full`.
  virtual result<request_record> resend(const request_id& id) = 0;
  // Addresses that failed for good, in their order; `cursor` is what the last page gave.
  virtual result<page<suppression_row>> suppressions(std::uint32_t limit, std::string_view cursor) = 0;
  // In any case of its letters. `not_found` when it is not there.
  virtual result<void> clear_suppression(std::string_view address) = 0;
};

// The cluster, as the node that is asked sees it.
struct cluster_picture {
  struct library {
    std::string name = {}, version = {};
  };
  struct codec_program {
    std::string name = {};     // "dip-codec"
    std::string libvips = {};  // its version
    std::vector<library> libraries = {};
  };
  // How far a node is with where everything should be.
  struct moving {
    std::string of = {};                      // what it goes by: "8x3:n1,n2,n3"; empty: it is alone
    bool settled = true;                      // all nodes have what they should have
    std::uint64_t partitions = 0, files = 0;  // that it lacks
  };
  struct node {
    std::string name = {};
    std::string address = {};  // "http://10.0.0.1:8080"
    bool up = true;            // it has answered; else the rest is not known
    bool draining = false;
    std::string version = {};     // of dip
    wall_time since{};            // in this run
    std::uint64_t disk_free = 0;  // bytes
    double load = 0;              // of its machine, over a minute
    format_set formats = {};
    std::vector<codec_program> codecs = {};
    moving placement = {};
    std::uint64_t actors = 0, restarts = 0;  // since it began
    std::uint64_t memory = 0;                // bytes, resident
    std::uint64_t leaders = 0;               // partitions that it leads
    // How another node is, as this one sees it.
    struct sight {
      std::string node = {};
      bool up = false;
      wall_time since{};
      std::optional<std::uint64_t> last_heard_ms = {};
    };
    std::vector<sight> sees = {};
  };
  struct replica {
    std::string node = {};
    bool up = false;            // it has answered; else the rest is not known
    std::uint64_t applied = 0;  // index of the last entry that it has applied
    std::uint64_t lag = 0;      // entries behind the leader, or behind the furthest when there is none
    enum class part : std::uint8_t { unknown, none, learner, voter };
    part role = part::unknown;                  // as the leader has it; unknown without one
    std::uint64_t hash = 0;                     // of its state after `applied`; 0: it was not asked for
    std::uint64_t log_term = 0, log_index = 0;  // of the last entry of its log, half a second ago
  };
  struct partition {
    std::uint16_t number = 0;
    std::string leader = {};  // a node's name; empty: none is known
    std::uint64_t term = 0;   // the newest that was heard of
    std::vector<replica> replicas = {};
  };
  std::vector<node> nodes = {};
  std::vector<partition> partitions = {};
  bool destructive = true;  // [console]: whether operators may change something
};

class node_port {
public:
  virtual ~node_port() = default;
  // Hashes cost a walk over all that the nodes hold: two replicas that have applied the same have the same.
  [[nodiscard]] virtual cluster_picture cluster(bool with_hashes) = 0;
  // When a majority is lost for good. First, on each node that is left: those that are not in cluster.conf
  // any more are not waited for. `conflict` while one that is in it cannot be reached; `io`.
  virtual result<void> give_up_lost() = 0;
  // Then, for each partition without a leader, on the node whose log goes furthest: it leads from now on, in
  // `term`, which is beyond all that was heard of. `empty`: no copy is left. `conflict` while there may be a
  // majority; `bad_request` for a term that has begun.
  virtual result<void> recover(partition_id p, term_number term, bool empty) = 0;
  [[nodiscard]] virtual bool ready(std::string& why_not) = 0;
  [[nodiscard]] virtual std::string metrics() = 0;  // Prometheus text format 0.0.4
  [[nodiscard]] virtual bool draining() = 0;
  // Where links point: cluster.public_url, or the node's own address. No slash at the end.
  [[nodiscard]] virtual const std::string& public_url() = 0;
  // What its codec reads and writes.
  [[nodiscard]] virtual format_set formats() = 0;
};

class operator_port;

struct ports {
  files_port& files;
  requests_port& requests;
  notifications_port& notifications;
  node_port& node;
  operator_port& operations;  // http/operator_port.hpp
};

}  // namespace dip::http
