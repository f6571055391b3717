// The call that tells a program what became of a request, as the Standard Webhooks specification has it.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/config.hpp"
#include "core/errc.hpp"
#include "core/request.hpp"
#include "notify/delivery.hpp"

namespace dip {

// The secrets that a webhook is signed with. Any thread.
class webhook_secrets {
public:
  // A secret a line, "whsec_" and base64 of 24 to 64 bytes; blank lines and those that begin with # are
  // passed over. Errors: `bad_request` that names the file and the line, also when there is none.
  [[nodiscard]] static result<std::unique_ptr<webhook_secrets>> read(const std::string& path);
  // Reads the file again; with an error, what was known stays.
  result<void> reload();
  // "v1,…" for each secret, with a space between: who knows one of them can check it.
  [[nodiscard]] std::string sign(std::string_view id, std::string_view timestamp,
                                 std::string_view body) const;

private:
  explicit webhook_secrets(std::string path) : path_(std::move(path)) {}

  const std::string path_;
  mutable std::mutex mutex_;
  std::vector<std::string> keys_;
};

// notify.webhook of a request, as far as it can be judged without a name server: http or https, no user or
// password in it, no address that is neither public nor in `allow`. `invalid_operation` with a sentence.
[[nodiscard]] result<void> check_webhook(std::string_view url, const webhooks_config& rules);

// The same for all messages about one run of a request: how a receiver knows the second copy.
[[nodiscard]] std::string webhook_id(const request_record& r);
// {"type": "request.processed" | "request.failed", "timestamp": …, "data": …}; `data` is JSON.
[[nodiscard]] std::string webhook_body(const request_record& r, const std::string& data);

// Any thread; blocks for at most webhooks.timeout.
class webhook_transport {
public:
  virtual ~webhook_transport() = default;
  // 2xx is sent. 410 (Gone), an address that may not be called, and what is no URL are refused. All else is
  // to be tried again, redirects too: they are not followed.
  virtual delivery deliver(const std::string& url, const std::string& id, const std::string& body) = 0;
};

// Over HTTP by libcurl. Each address is judged when it is connected to. `secrets` and `time` outlive it.
[[nodiscard]] std::unique_ptr<webhook_transport> make_webhook_transport(const webhooks_config& rules,
                                                                        const webhook_secrets& secrets,
                                                                        const clock& time);

}  // namespace dip
