// The calls of docs' HTTP interface that the client makes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "net/http_client.hpp"

namespace dip::cli {

struct node_error {
  enum class kind : unsigned char {
    unreachable,  // no node answered
    refused,      // a node answered, and said no
    local,        // a file of this machine
    interrupted,  // Ctrl-C
  };
  kind what = kind::refused;
  std::string text;  // one line that says what to do
};

template <class T>
using answer = tl::expected<T, node_error>;

struct node_address {
  std::string url;  // "http://127.0.0.1:8080"; "host:port" is completed, slashes at the end are dropped
  std::string key;  // DIP_API_KEY, or empty
};

// One thread at a time. A node that has no room now (429, 503) is asked again as its Retry-After says, a few
// times.
class node_api {
public:
  explicit node_api(node_address where);

  // POST /files. `sent` hears the bytes that went out, now and then.
  [[nodiscard]] answer<nlohmann::json> upload(const std::string& path,
                                              const std::function<void(std::uint64_t)>& sent);
  // POST /process-file. Safe to be sent again: the key makes it one request.
  [[nodiscard]] answer<nlohmann::json> submit(const nlohmann::json& request,
                                              const std::string& idempotency_key);
  // GET /requests/{id}; with `wait` it answers when the request is final, or the time is up.
  [[nodiscard]] answer<nlohmann::json> find(const std::string& id, std::chrono::seconds wait);
  // GET /requests?…
  [[nodiscard]] answer<nlohmann::json> list(const std::string& query);
  // The file behind a public URL, from this node, whatever origin the URL has. `take` answers false to stop.
  [[nodiscard]] answer<void> download(const std::string& url,
                                      const std::function<bool(std::string_view)>& take);

private:
  answer<net::http_response> call(net::http_request request);
  answer<nlohmann::json> call_json(net::http_request request);
  [[nodiscard]] node_error explain(const net::http_error& problem) const;
  [[nodiscard]] node_error explain(const net::http_response& response) const;

  node_address where_;
  net::http_client client_;
};

// 128 bits from the kernel, as hex.
[[nodiscard]] std::string make_idempotency_key();

}  // namespace dip::cli
