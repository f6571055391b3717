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

struct http_request {
  std::string method;                 // as sent: "GET"
  std::string path;                   // as sent, without the query
  std::vector<std::string> segments;  // of the path, decoded; a decoded segment may hold a slash
  std::vector<name_value> query;      // decoded, in order
  std::vector<name_value> headers;    // in order
  std::vector<std::string> args;      // what the braces of the route's pattern took
  std::string peer;                   // the address at the other end
  std::string id;                     // of X-Request-Id
  request_body* body = nullptr;       // nullptr: there is none

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
  std::string fault = {};  // what the caller is not told; for the log
};

[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace dip::http
