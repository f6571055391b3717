// Gets an object's file from other nodes: goes on where a broken connection left off, there or elsewhere,
// and believes nothing but the row's checksum.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/errc.hpp"
#include "core/object.hpp"
#include "net/certificates.hpp"
#include "net/http_client.hpp"
#include "net/spares.hpp"
#include "storage/object_store.hpp"

namespace dip {

struct object_source {
  std::string node;
  std::string url;  // of its object channel: "https://10.0.0.2:4711"
};

struct fetch_config {
  milliseconds connect{2'000};
  milliseconds silence{5'000};  // with nothing received for so long a connection is given up
  // Of one source, that failed and brought less than `worth`; more of them end the work with it.
  unsigned tries = 3;
  std::uint64_t worth = 1024 * 1024;
  milliseconds pause{100};  // before the second try of the same source, then doubling
};

// Any thread.
class object_fetcher {
public:
  // `store` outlives it.
  object_fetcher(object_store& store, std::optional<net::node_credentials> tls, fetch_config config = {});

  // The row's bytes, of the row's checksum, under no name yet. `from` in the order of preference; `rate` in
  // bytes a second, 0: as fast as they come. Errors: `not_found`, each source said that it has no such file;
  // `corrupt`, none has it as the row says and one has something else; `no_quorum`, of the rest one could not
  // be reached or broke off again and again; `disk_full`, `io` of the store; `draining` after `stop`.
  [[nodiscard]] result<std::unique_ptr<object_writer>> pull(const object_row& row,
                                                            const std::vector<object_source>& from,
                                                            std::uint64_t rate = 0);
  // Ends the pulls under way soon, and those to come at once.
  void stop();

  struct figures {
    std::uint64_t files = 0, bytes = 0;
  };
  [[nodiscard]] figures fetched() const { return {files_, bytes_}; }

private:
  class one_pull;

  [[nodiscard]] bool is_stopped();
  // False: stopped meanwhile.
  bool wait_until(steady_time t);

  object_store& store_;
  net::http_settings trust_;
  fetch_config config_;
  net::spares<net::http_client> clients_;
  std::mutex mutex_;
  std::condition_variable stopped_now_;
  bool stopped_ = false;
  std::atomic<std::uint64_t> files_{0}, bytes_{0};
};

// The bytes of a pull, whether they have got a name or not.
[[nodiscard]] std::unique_ptr<object_reader> make_nameless_reader(std::unique_ptr<object_writer> of,
                                                                  std::uint64_t size);

}  // namespace dip
