// One HTTP exchange as plain values: what the routes see of it, whoever keeps the connection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/api_keys.hpp"
#include "core/clock.hpp"
#include "core/errc.hpp"

namespace dip::http {

using name_value = std::pair<std::string, std::string>;

// A body that is still on its way. Read at most once, on the thread of the exchange.
class request_body {
public:
  using piece_sink = std::function<result<void>(std::string_view piece)>;

  virtual ~request_body() = default;
  // As announced; nothing for a chunked body.
  [[nodiscard]] virtual std::optional<std::uint64_t> length() const = 0;
  // Gives each piece to `take` as it arrives; the first failure of `take` ends the reading and is answered.
  // Also `too_large` beyond the route's limit, `timeout` when the peer stopped sending, `bad_request` when
  // the body ends early or its framing is wrong.
  virtual result<void> read(const piece_sink& take) = 0;
};

// Who a request comes from, as the doors see it.
struct caller {
  std::string name;            // of the API key; empty: nobody said
  scope_set scopes;            // what it may do
  std::uint32_t requests = 0;  // that may be live at once; 0: no limit
  std::uint64_t bytes = 0;     // that it may send in a day; 0: no limit
  bool asked = false;          // there are keys, or a token, that would open more
  bool token = false;          // it has shown the admin token
};

struct http_request {
  std::string method;                 // as sent: "GET"
  std::string path;                   // as sent, without the query
  std::vector<std::string> segments;  // of the path, decoded; a decoded segment may hold a slash
  std::vector<name_value> query;      // decoded, in order
  std::vector<name_value> headers;    // in order
  std::vector<std::string> args;      // what the braces of the route's pattern took
  std::string peer;                   // the address at the other end
  std::uint64_t client = 0;           // that address as a number; of IPv6 its network
  bool secure = false;                // came over TLS
  caller by;
  std::string id;                // of X-Request-Id
  request_body* body = nullptr;  // nullptr: there is none

  // All values of that name, joined with ", "; names of headers have no case.
  [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
  // The first value of that name.
  [[nodiscard]] std::optional<std::string> param(std::string_view name) const;
};

// Bytes that are read while they are sent. Dropped when the answer is out or the client went away.
class body_source {
public:
  virtual ~body_source() = default;
  // As much as there is at `offset`, up to out.size(). Nothing before the end is a failure.
  virtual result<size_t> read(std::uint64_t offset, std::span<char> out) = 0;
  // A file with the same bytes, where there is one: the kernel sends it by itself. -1: none.
  [[nodiscard]] virtual int descriptor() const { return -1; }
  // Whether these bytes can be had, as far as one can see, without waiting for a disk.
  [[nodiscard]] virtual bool at_hand(std::uint64_t /*offset*/, std::uint64_t /*count*/) const {
    return false;
  }
};

// Says that there is news. Any thread, any number of times.
using waker = std::function<void()>;

struct http_response;

// An answer that waits for something to happen; meanwhile its connection costs no thread. `start` and
// `resume` are never called at the same time.
class pending_answer {
public:
  virtual ~pending_answer() = default;
  // Once, before `resume`. Nobody calls `wake` any more when the destructor has come back.
  virtual void start(waker wake) = 0;
  // After news, or without any; nothing: it goes on waiting. `last`: the time is up, and an answer is due.
  virtual std::optional<http_response> resume(bool last) = 0;
  [[nodiscard]] virtual steady_time until() const = 0;
};

// Server-Sent Events, made when there is news and the client has taken those before. Calls as above.
class event_source {
public:
  struct batch {
    std::string text;  // whole events; may be empty
    bool last = false;
  };
  virtual ~event_source() = default;
  virtual void start(waker wake) = 0;
  virtual batch next() = 0;
};

struct http_response {
  int status = 200;
  std::vector<name_value> headers = {};
  std::string content_type = {};  // of `body` or `source`; empty when there is neither
  std::string body = {};
  std::shared_ptr<body_source> source =
      {};  // instead of `body`: [source_offset, source_offset + source_length)
  std::uint64_t source_offset = 0;
  std::uint64_t source_length = 0;
  std::string fault = {};                      // what the caller is not told; for the log
  std::shared_ptr<pending_answer> later = {};  // instead of all that: it will say
  std::shared_ptr<event_source> events = {};   // instead of `body`: the answer goes on until its end
};

[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace dip::http
