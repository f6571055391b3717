// The calls of docs' HTTP interface that the client makes.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/event_stream.hpp"
#include "cli/open_input.hpp"
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
  int status = 0;    // of the answer, where there was one
};

template <class T>
using answer = tl::expected<T, node_error>;

struct node_address {
  // Nodes of one cluster, the first that answers is asked: "http://127.0.0.1:8080"; "host:port" is completed,
  // slashes at the end are dropped.
  std::vector<std::string> urls;
  std::string key;  // DIP_API_KEY, or empty
  // How long a call is tried again while no node answers or none has room. Where none ever answered, the
  // first try is the only one.
  std::chrono::seconds retry_for{60};
  // Of one try, but for uploads, downloads and streams; 0: none but that of silence, half a minute.
  std::chrono::seconds timeout{0};
  // True ends what is under way as Ctrl-C does; outlives the calls. nullptr: nothing else ends them.
  const std::atomic<bool>* stop = nullptr;
};

// One thread at a time. What a node has no room for (429, 503) is asked again when its Retry-After is over; a
// node that is gone is asked again after a growing pause, the next one of the list at once.
class node_api {
public:
  explicit node_api(node_address where);

  using byte_count = std::function<void(std::uint64_t)>;

  // POST /files. `sent` hears the bytes that went out, now and then; from 0 again when it is tried again.
  [[nodiscard]] answer<nlohmann::json> upload(const open_input& file, const byte_count& sent);
  // POST /process-file with the file in the same call. Safe to be sent again: the key makes it one request.
  [[nodiscard]] answer<nlohmann::json> process(const open_input& file, const nlohmann::json& request,
                                               const std::string& idempotency_key, const byte_count& sent);
  // GET /requests/{id}; with `wait` it answers when the request is final, or the time is up.
  [[nodiscard]] answer<nlohmann::json> find(const std::string& id, std::chrono::seconds wait);
  // GET /cluster
  [[nodiscard]] answer<nlohmann::json> cluster();
  // Any GET that is answered by a JSON object.
  [[nodiscard]] answer<nlohmann::json> get(const std::string& path);
  // Any other call, `body` null: without one. What it is answered by, null where that is nothing.
  [[nodiscard]] answer<nlohmann::json> send(const std::string& method, const std::string& path,
                                            const nlohmann::json& body = nullptr);
  // A stream of events over one connection, until that ends or `take` answers false. `silence`: for so long
  // it may say nothing.
  [[nodiscard]] answer<void> listen(const std::string& path, std::chrono::seconds silence,
                                    const std::function<bool(const stream_event&)>& take);
  // An operator's POST that has no body and is answered by none.
  [[nodiscard]] answer<void> operate(const std::string& path);
  // GET /requests?…
  [[nodiscard]] answer<nlohmann::json> list(const std::string& query);
  // DELETE /requests/{id}
  [[nodiscard]] answer<void> cancel(const std::string& id);
  // GET /requests/{id}/events until the request is final, over as many connections as it takes. `take` hears
  // each event once and answers false to stop.
  [[nodiscard]] answer<void> follow(const std::string& id,
                                    const std::function<bool(const stream_event&)>& take);
  // What a file is, by its public URL or its key in rtp-request-files.
  [[nodiscard]] answer<nlohmann::json> describe(const std::string& url_or_key);
  // The file behind a public URL, from this cluster, whatever origin the URL has. `take` answers false to
  // stop; `restart` is called before the first byte, also when it is tried again.
  [[nodiscard]] answer<void> download(const std::string& url, const std::function<bool()>& restart,
                                      const std::function<bool(std::string_view)>& take);
  // The node that answered last, or is asked next.
  [[nodiscard]] const std::string& current_url() const { return where_.urls[current_]; }

private:
  // A call's request has only the path in `url`.
  struct plan {
    net::http_request request;
    std::function<bool(net::http_request&)> before_try = {};  // false: stop
    bool endless = false;  // a stream: what arrives shows that a node is there again
  };
  struct trouble;
  answer<net::http_response> call(plan what);
  answer<nlohmann::json> call_json(plan what);
  tl::expected<net::http_response, net::http_error> ask_nodes(plan& what, bool& progressed);
  [[nodiscard]] node_error explain(const net::http_error& problem) const;
  [[nodiscard]] node_error explain(const net::http_response& response) const;
  [[nodiscard]] node_error not_a_node() const;
  [[nodiscard]] std::string all_urls() const;
  [[nodiscard]] bool halted() const;
  void pause(milliseconds time) const;

  node_address where_;
  std::vector<net::http_client> clients_;  // one for each URL
  size_t current_ = 0;
};

// 128 bits from the kernel, as hex.
[[nodiscard]] std::string make_idempotency_key();

}  // namespace dip::cli
