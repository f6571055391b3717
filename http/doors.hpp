// Who may call what, and how often: asked for each request as soon as its head is there.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api_keys.hpp"
#include "core/clock.hpp"
#include "core/ip_address.hpp"
#include "http/message.hpp"
#include "http/rate_limiter.hpp"

namespace dip::http {

// What can change while the server runs.
struct credentials {
  bool keys_asked = false;  // without a key nothing but what is open to all
  std::vector<api_key> keys;
  std::string admin_sha256;  // of the admin token, hex; empty: there is none
};

// Any thread.
class doors {
public:
  struct rules {
    std::string public_url;  // where links point; browsers' pages from there are ours
    rate_limit per_address;
    std::vector<std::string> cors_origins;
    std::vector<ip_network> trusted_proxies;
    std::function<std::string(std::string_view)> sha256;  // hex, in small letters
  };
  doors(rules r, const clock& time);

  void set(credentials c);

  // Fills r.by, and puts who stands behind a trusted proxy into r.peer and r.client. `unauthorized`: a key is
  // needed, or this one is not known; `forbidden`: it may not do that; `rate_limited` with Retry-After.
  // `counted`: towards the limits of calls.
  [[nodiscard]] std::optional<http_response> admit(http_request& r, scope_set needs, bool counted);
  // The answer to a browser that asks whether a page of another origin may call; nothing when it is none.
  [[nodiscard]] std::optional<http_response> preflight(const http_request& r) const;
  // Says in an answer which pages may read it.
  void finish(const http_request& r, http_response& answer) const;
  // What a caller has sent counts towards its bytes.
  void account(const caller& by, std::uint64_t bytes);

private:
  void look_behind_proxies(http_request& r) const;
  [[nodiscard]] std::shared_ptr<const credentials> current() const;
  [[nodiscard]] result<caller> identify(const http_request& r, const credentials& c, rate_limit& calls) const;
  [[nodiscard]] bool is_operator(const http_request& r, const credentials& c) const;
  [[nodiscard]] std::optional<http_response> limit(const http_request& r, const std::string& who,
                                                   const rate_limit& calls);
  [[nodiscard]] std::string allowed_origin(const http_request& r) const;

  const rules rules_;
  const bool local_;  // public_url is on this machine
  const clock& time_;
  mutable std::mutex mutex_;
  std::shared_ptr<const credentials> credentials_;
  rate_limiter calls_;
  rate_limiter bytes_;
};

// A call's own question, where its route's `needs` does not say all: `unauthorized` or `forbidden`.
[[nodiscard]] result<void> require(const http_request& r, scope s);

}  // namespace dip::http
