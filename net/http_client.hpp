// HTTP/1.1 calls: of the command line to a node, of a node to another, of a node to a webhook.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "core/clock.hpp"
#include "core/ip_address.hpp"

namespace dip::net {

// A part of an open file that is sent as a body. The descriptor stays the caller's, its position is not
// touched.
struct file_part {
  int fd = -1;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct transfer_progress {
  std::uint64_t sent = 0, to_send = 0;         // bytes of the request's body
  std::uint64_t received = 0, to_receive = 0;  // of the answer's; 0: not known
};

struct http_request {
  std::string method = "GET";
  std::string url;  // http:// or https://; redirects are not followed
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;                 // sent when there is no `upload`
  std::optional<file_part> upload;  // streamed from the file
  std::string upload_head;          // sent before `upload`
  std::string upload_tail;          // and after it

  // Takes the body of a 2xx answer as it comes; false ends the call (`stopped`). Without it, and for every
  // other status, the body is kept in `http_response::body`.
  std::function<bool(std::string_view)> sink;
  // Called several times a second; false ends the call (`stopped`).
  std::function<bool(const transfer_progress&)> progress;

  milliseconds connect_timeout{5'000};
  milliseconds timeout{0};            // of the whole call; 0: none
  milliseconds idle_timeout{30'000};  // less than a byte a second for so long; 0: none, at least a second
  std::uint64_t max_body = 16 * 1024 * 1024;  // of `http_response::body`; a longer one is `other`
  bool cut_body = false;                      // but for this: what is beyond max_body is not read
};

struct http_response {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  milliseconds retry_after{0};  // what Retry-After asks for; 0: nothing

  // The first of that name (in lower case), or nothing.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
};

struct http_error {
  // `forbidden`: the host has no address that `http_settings::may_connect` lets through.
  enum class kind : unsigned char {
    cannot_connect,
    broken,  // the connection, before the answer was whole; the call may have been carried out
    timeout,
    stopped,
    forbidden,
    other,
  };
  kind what = kind::other;
  std::string detail;  // a sentence, one line
};

// How a client trusts and is trusted.
struct http_settings {
  std::string ca_file;              // PEM; empty: the system's
  std::string cert_file, key_file;  // of this side, for mutual TLS; empty: none
  bool use_proxy = false;           // as http_proxy and its like in the environment say
  bool check_server = true;         // false: over https:// whoever answers is believed
  // Asked of each address at the moment when it is connected to, after the name was resolved: no other answer
  // of the name server can come in between. Not set: all are good.
  std::function<bool(const ip_address&)> may_connect;
};

// Keeps its connections open between calls. One thread at a time; make one for each thread that calls.
class http_client {
public:
  explicit http_client(http_settings settings = {});
  ~http_client();
  http_client(http_client&&) noexcept;
  http_client& operator=(http_client&&) noexcept;

  // An answer of any status is a response; an error means that there was none, or not all of it.
  [[nodiscard]] tl::expected<http_response, http_error> perform(const http_request& request);

private:
  struct state;
  std::unique_ptr<state> state_;
};

// Encodes all but RFC 3986's unreserved characters: a value in a query, one segment of a path.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace dip::net
