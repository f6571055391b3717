// A node: the one place that knows every part of it, and in what order they start and stop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/config.hpp"
#include "core/errc.hpp"

namespace dip {

class stage;
struct environment;

// What benchmarks and tests have in another way than it is shipped.
struct stand_ins {
  using maker = std::function<std::unique_ptr<stage>(const environment*)>;
  maker preprocess, process;   // instead of those that work on images
  std::uint64_t log_keep = 0;  // applied entries before the log is cut, a partition; 0: as it is shipped
};

struct node_options {
  config conf;
  std::string config_file;    // that `conf` is of, for `reload`; empty: none
  std::string node;           // its name in `conf`
  std::string data;           // directory; empty: of the configuration
  std::string codec_program;  // empty: dip-codec beside this program
  std::string access_log;     // file for a line of JSON about each request; "-": stdout; empty: none
  std::uint16_t health = 0;   // a port of its own for /healthz, /readyz and /metrics; 0: none
  dip::stand_ins stand_ins;
};

// Start and stop belong to one thread. SIGTERM and SIGINT must be blocked before `start`, for every thread
// inherits that.
class node {
public:
  virtual ~node() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual const std::string& public_url() const = 0;
  // Where e-mail goes when there is no server for it; empty when there is one.
  [[nodiscard]] virtual const std::string& outbox() const = 0;
  // What the system refuses of the sandbox that images are worked on in; empty: nothing.
  [[nodiscard]] virtual std::string missing_walls() const = 0;
  // Becomes readable when something failed from which the process cannot recover; `failure` then says what.
  [[nodiscard]] virtual int failure_descriptor() const = 0;
  [[nodiscard]] virtual std::string failure() const = 0;
  // Reads the certificate, the API keys, the admin token and the webhooks' secrets again, and opens the
  // access log anew; takes the nodes and the number of replicas that cluster.conf has now. What cannot be had
  // stays as it was; the sentence says what.
  virtual result<void> reload() = 0;
  // Stops taking, finishes what runs (at most `within`), and closes everything in the reverse of the start's
  // order.
  virtual void stop(milliseconds within) = 0;
};

// Where the links of that node point: cluster.public_url, or its own address.
[[nodiscard]] std::string origin_of(const config& conf, const node_config& self);

// Errors: one sentence that says what is in the way (a busy port, data of another dip, a full or read-only
// disk).
[[nodiscard]] result<std::unique_ptr<node>> start_node(node_options options);

}  // namespace dip
