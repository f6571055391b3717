// The body of a request as a connection carries it: of a known length, or chunked (RFC 9112, sections 6 and
// 7).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "core/errc.hpp"
#include "http/message.hpp"
#include "http/request_head.hpp"

namespace dip::http {

// At least one byte, or why there is none: `timeout`, `bad_request` when the peer has closed.
using byte_input = std::function<result<size_t>(std::span<char> out)>;

class framed_body final : public request_body {
public:
  // Reads no byte beyond the body's end. `most` bytes of content are taken.
  framed_body(byte_input in, const body_framing& framing, std::uint64_t most)
      : in_(std::move(in)), framing_(framing), most_(most) {}

  [[nodiscard]] std::optional<std::uint64_t> length() const override { return framing_.length; }
  result<void> read(const piece_sink& take) override;
  // Whether the next byte of the connection belongs to the next request.
  [[nodiscard]] bool consumed() const { return consumed_; }

private:
  result<void> read_exactly(std::uint64_t count, const piece_sink& take);
  result<void> read_chunks(const piece_sink& take);
  result<void> read_trailers();
  result<std::string> read_line();
  result<std::uint64_t> read_chunk_size();

  byte_input in_;
  body_framing framing_;
  std::uint64_t most_;
  std::uint64_t taken_ = 0;
  bool consumed_ = false;
};

}  // namespace dip::http
