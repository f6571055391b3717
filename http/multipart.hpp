// multipart/form-data (RFC 7578) read as it arrives, in a few kilobytes of memory however large the parts
// are.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "core/errc.hpp"

namespace dip::http {

struct form_part {
  std::string name;
  std::string file_name;  // as sent; empty when there is none
};

// Not thread-safe. The callbacks' first failure ends the reading.
class multipart_reader {
public:
  using part_sink = std::function<result<void>(const form_part&)>;
  using piece_sink = std::function<result<void>(std::string_view)>;

  static constexpr size_t max_part_head = 8 * 1024;
  static constexpr size_t max_parts = 64;
  static constexpr size_t max_padding = 64;  // blanks after a boundary

  // `bad_request` when the header names no boundary (1 to 70 characters).
  [[nodiscard]] static result<multipart_reader> make(std::string_view content_type, part_sink on_part,
                                                     piece_sink on_piece);
  // `bad_request` for anything that is not such a body; what the callbacks answered.
  result<void> feed(std::string_view bytes);
  // Whether the closing boundary was seen.
  [[nodiscard]] bool complete() const { return state_ == state::epilogue; }

private:
  enum class state { preamble, content, delimiter, head, epilogue };

  multipart_reader(std::string_view boundary, part_sink on_part, piece_sink on_piece);
  // Each takes what it can off the front of what is there; false when it needs more bytes.
  result<bool> step();
  result<bool> take_content();
  result<bool> take_delimiter();
  result<bool> take_head();
  void drop(size_t count) { at_ += count; }
  [[nodiscard]] std::string_view rest() const { return std::string_view{buffer_}.substr(at_); }

  std::string delimiter_;  // CRLF "--" boundary
  part_sink on_part_;
  piece_sink on_piece_;
  // The first boundary may stand without a CRLF before it: one is put there.
  std::string buffer_ = "\r\n";
  size_t at_ = 0;
  size_t parts_ = 0;
  state state_ = state::preamble;
};

}  // namespace dip::http
