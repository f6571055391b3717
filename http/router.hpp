// Which call a request is, and what is refused before its body is read. Knows nothing of sockets.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "http/message.hpp"

namespace dip::http {

class doors;

struct route {
  std::string method;  // GET serves HEAD as well
  std::string
      pattern;  // "/files/{bucket}/{key...}": a name in braces takes one segment, with dots all that are left
  // May block, may throw; an exception is answered as `internal`. Any thread, many at once.
  std::function<http_response(const http_request&)> answer;
  // Set where a body is needed: the largest that is taken, in bytes. Not set: a request with a body is
  // refused.
  std::function<std::uint64_t(const http_request&)> max_body = {};
  scope_set needs = {};  // one of them; none: it is open to all
  bool counted = true;   // towards the limits of how often somebody may call
  // Where set it is asked first, on the gate's thread, where nothing may wait for a disk, a lock or another
  // thread. Nothing: `answer` is called. Only for calls without a body.
  std::function<std::optional<http_response>(const http_request&)> at_once = {};
};

class router {
public:
  struct admission {
    const route* to = nullptr;  // never nullptr without a refusal
    std::optional<http_response>
        refusal;  // `not_found`, `method_not_allowed`, `length_required`, `too_large`, …
    std::uint64_t max_body = 0;
  };

  // `at` is asked for each request; nullptr: all is open. It must outlive the router.
  explicit router(doors* at = nullptr) : doors_(at) {}

  // Before the first request only.
  void add(route r);
  // Fills r.args. `has_body` and `length` as the head announces them.
  [[nodiscard]] admission admit(http_request& r, bool has_body, std::optional<std::uint64_t> length) const;
  [[nodiscard]] std::vector<const route*> routes() const;
  [[nodiscard]] static http_response answer(const route& to, const http_request& r);
  [[nodiscard]] static std::optional<http_response> answer_at_once(const route& to, const http_request& r);
  // To every answer, before its head is made.
  void finish(const http_request& r, http_response& answer) const;
  // When `r` and its answer are over: what was received of it.
  void account(const http_request& r, std::uint64_t bytes) const;

private:
  struct entry {
    route to;
    std::vector<std::string> pattern;
  };
  [[nodiscard]] const route* find(http_request& r, std::string& allow) const;

  std::vector<entry> entries_;
  doors* doors_;
};

}  // namespace dip::http
