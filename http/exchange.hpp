// One request and its answer, on their way through a connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/clock.hpp"
#include "http/framed_body.hpp"
#include "http/message.hpp"
#include "http/request_head.hpp"
#include "http/router.hpp"

namespace dip::http {

struct exchange {
  http_request request;
  body_framing framing;
  router::admission admitted;
  std::optional<framed_body> body;
  bool early = false;  // the body is among the bytes received already
  bool expects_continue = false;
  bool close = true;  // the connection ends with this exchange

  std::shared_ptr<body_source> source;  // of what is left of the answer
  std::uint64_t source_at = 0;
  std::uint64_t source_left = 0;
  std::shared_ptr<pending_answer> later;
  std::shared_ptr<event_source> events;
  bool last_event = false;

  wall_time at{};  // when its first byte was there
  steady_time began{};
  std::uint64_t received = 0;  // bytes, heads included
  std::uint64_t sent = 0;
  int status = 0;  // 0 until there is an answer
  std::string fault;
};

}  // namespace dip::http
