// cluster.conf as structs: each key with its default, the whole checked by `parse_config`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/errc.hpp"
#include "core/ip_address.hpp"

namespace dip {

inline constexpr std::uint64_t mebibyte = 1024 * 1024;

struct cluster_config {
  std::string name = "dip";
  std::string public_url;  // empty: the node's own address
  std::uint16_t replicas = 3;
  std::uint16_t partitions = 8;

  bool operator==(const cluster_config&) const = default;
};

struct node_config {
  std::string name = "n1";
  std::string host = "127.0.0.1";
  std::uint16_t http = 8080;
  std::uint16_t actors = 0;   // 0: none (one node alone needs none)
  std::uint16_t objects = 0;  // 0: one that the kernel picks
  std::string data;           // directory; default dip-data, or dip-data/<name> in a cluster
  std::uint16_t health = 0;   // of its own for /healthz, /readyz and /metrics; 0: none
  std::string access_log;     // file; "-": stdout; empty: none
  std::string ssh;            // what `dip cluster` gives ssh to reach its machine; empty: `host`

  [[nodiscard]] std::string origin() const;  // "http://127.0.0.1:8080"

  bool operator==(const node_config&) const = default;
};

struct workers_config {
  std::uint32_t preprocessors = 0;  // 0: one per core
  std::uint32_t processors = 0;
  std::uint32_t notifiers = 8;
  milliseconds timeout{60'000};  // of one stage on one image
  std::uint32_t max_receives = 5;
  milliseconds backoff_min{1'000};
  milliseconds backoff_max{300'000};
  milliseconds visibility{30'000};  // of a lease, renewed at a third
  std::uint32_t renew_after = 500;  // images after which a child process is replaced

  bool operator==(const workers_config&) const = default;
};

struct limits_config {
  std::uint64_t upload = 64 * mebibyte;
  std::uint64_t pixels = 50'000'000;         // a frame
  std::uint64_t pixels_total = 256'000'000;  // all frames
  std::uint32_t frames = 100;
  std::uint32_t side = 8192;  // of an output
  std::uint32_t operations = 20;
  std::uint32_t outputs = 16;
  std::uint64_t request_json = 32 * 1024;
  std::uint64_t metadata = 4 * 1024;
  std::uint64_t queue_depth = 100'000;  // messages in one queue of one partition
  std::uint64_t free_disk = 512 * mebibyte;
  std::uint64_t memory = 2048 * mebibyte;  // address space of one child
  milliseconds wait{60'000};               // the longest ?wait
  std::uint32_t rate = 0;                  // calls a second of one address; 0: no limit
  std::uint32_t burst = 0;                 // of them at once; 0: as many as in ten seconds

  bool operator==(const limits_config&) const = default;
};

struct retention_config {
  milliseconds request_files{7LL * 86'400'000};
  milliseconds preprocessed_files{3'600'000};  // after the request is final
  milliseconds processed_files{30LL * 86'400'000};
  milliseconds requests{30LL * 86'400'000};
  milliseconds dead_letters{14LL * 86'400'000};
  milliseconds idempotency{86'400'000};
  milliseconds audit{90LL * 86'400'000};  // what operators did

  bool operator==(const retention_config&) const = default;
};

struct smtp_config {
  enum class tls_mode : std::uint8_t { none, starttls, implicit };

  std::string url;  // "smtp://host:587", "smtps://host:465"; empty: messages go to DATA/outbox
  std::string from = "DIP <dip@localhost>";
  std::string user;
  std::string password_file;
  tls_mode tls = tls_mode::starttls;  // of smtp://; smtps:// is always implicit
  std::string ca_file;                // empty: the system's
  milliseconds timeout{30'000};
  milliseconds retry_first{10'000};  // twice, then doubling
  milliseconds retry_max{600'000};
  milliseconds retry_for{86'400'000};
  std::uint32_t per_domain = 4;  // mails on their way at once to the addresses of one domain
  std::string language = "en";   // of a mail whose request names none
  std::string templates;         // directory with own templates; empty: the built-in ones

  bool operator==(const smtp_config&) const = default;
};

// How often a webhook is tried again is as of a mail: smtp.retry_*.
struct webhooks_config {
  std::vector<ip_network> allow;  // may be called although they are not public
  milliseconds timeout{15'000};   // of one call
  std::uint32_t per_host = 4;     // calls under way at once to one host
  std::string ca_file;            // empty: the system's

  bool operator==(const webhooks_config&) const = default;
};

struct security_config {
  std::string api_keys_file;
  std::string admin_token_file;
  std::string tls_cert, tls_key, tls_ca;
  std::string webhook_secret_file;
  // Buckets whose files are given to anybody who has their URL, though keys are asked for.
  std::vector<std::string> public_read{"rtp-request-files", "rtp-processed-files"};
  std::vector<std::string> trusted_proxies;  // networks whose X-Forwarded-For is believed
  std::vector<std::string> cors_origins;     // whose pages may call from a browser; "*": all
  std::string sandbox = "auto";

  bool operator==(const security_config&) const = default;
};

// Of `dip cluster up` and its like. Relative paths begin at the directory of cluster.conf.
struct launch_config {
  std::string directory = "dip-run";       // the supervisor's files, and the nodes' logs
  std::uint64_t log_size = 16 * mebibyte;  // of a log before it is put aside; one old one is kept
  std::string program;                     // dip, on every machine; empty: the one that was typed
  std::string config;                      // cluster.conf on the other machines; empty: as here

  bool operator==(const launch_config&) const = default;
};

struct console_config {
  bool destructive = true;  // false: operators look, and change nothing over HTTP

  bool operator==(const console_config&) const = default;
};

struct config {
  cluster_config cluster;
  std::vector<node_config> nodes;  // never empty
  workers_config workers;
  limits_config limits;
  retention_config retention;
  smtp_config smtp;
  webhooks_config webhooks;
  security_config security;
  launch_config launch;
  console_config console;
  std::map<std::string, std::string> presets;  // name to JSON text of {operations, outputs, preprocess}

  bool operator==(const config&) const = default;
};

struct config_error {
  std::string text;        // a sentence that names the key
  std::uint32_t line = 0;  // 0: the file as a whole
  std::uint32_t column = 0;
};

// Reads cluster.conf. All that is wrong is listed, in the order of the file: unknown keys, wrong types,
// values out of range, two nodes on one port or directory, presets that no request could use. Nothing is read
// from the environment here, and no file but `text` is looked at.
[[nodiscard]] tl::expected<config, std::vector<config_error>> parse_config(std::string_view text);

// DIP_<SECTION>_<KEY> (DIP_SMTP_URL, DIP_LIMITS_UPLOAD, …) overrides what the file says; an unknown DIP_
// variable of a known section is an error. DIP_URL and DIP_API_KEY belong to the client and are left alone.
[[nodiscard]] tl::expected<void, std::vector<config_error>> apply_environment(config& c,
                                                                              const char* const* environment);

// One node on 127.0.0.1:8080, data in ./dip-data: what `dip serve` runs without a file.
[[nodiscard]] config default_config();

// "64 MiB", "512 KiB", "1 GiB", "1000" (bytes) and "30s", "500ms", "7d", "2h", "5m".
[[nodiscard]] result<std::uint64_t> parse_size(std::string_view text);
[[nodiscard]] result<milliseconds> parse_duration(std::string_view text);

}  // namespace dip
