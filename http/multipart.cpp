#include "http/multipart.hpp"

#include <algorithm>
#include <utility>

#include "http/file_name.hpp"
#include "http/message.hpp"

namespace dip::http {
namespace {

tl::unexpected<error> malformed(const char* what) {
  return fail(errc::bad_request, std::string{"the multipart body is malformed: "} + what);
}

// The value of Content-Disposition in a part's head, "form-data; …".
result<form_part> parse_part_head(std::string_view head) {
  while (!head.empty()) {
    const auto end = std::min(head.find("\r\n"), head.size());
    const auto line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return malformed("a header of a part has no colon");
    if (!equal_ignoring_case(line.substr(0, colon), "Content-Disposition")) continue;
    const auto value = line.substr(colon + 1);
    auto name = header_parameter(value, "name");
    if (!name) return malformed("a part has no name");
    return form_part{std::move(*name), header_parameter(value, "filename").value_or("")};
  }
  return malformed("a part has no Content-Disposition");
}

}  // namespace

multipart_reader::multipart_reader(std::string_view boundary, part_sink on_part, piece_sink on_piece)
    : delimiter_("\r\n--" + std::string{boundary}),
      on_part_(std::move(on_part)),
      on_piece_(std::move(on_piece)) {}

result<multipart_reader> multipart_reader::make(std::string_view content_type, part_sink on_part,
                                                piece_sink on_piece) {
  const auto boundary = header_parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > 70)
    return fail(errc::bad_request, "multipart/form-data without a boundary");
  return multipart_reader{*boundary, std::move(on_part), std::move(on_piece)};
}

result<void> multipart_reader::feed(std::string_view bytes) {
  if (state_ == state::epilogue) return {};
  buffer_.append(bytes);
  for (;;) {
    auto more = step();
    if (!more) return tl::make_unexpected(more.error());
    if (!*more) break;
  }
  buffer_.erase(0, std::exchange(at_, 0));
  return {};
}

result<bool> multipart_reader::step() {
  switch (state_) {
    case state::preamble:
    case state::content: return take_content();
    case state::delimiter: return take_delimiter();
    case state::head: return take_head();
    case state::epilogue: drop(rest().size()); return false;
  }
  return false;
}

result<bool> multipart_reader::take_content() {
  const auto found = rest().find(delimiter_);
  // A delimiter may be cut by the end of what is here: so many bytes wait.
  const auto sure = found != std::string_view::npos     ? found
                    : rest().size() < delimiter_.size() ? 0
                                                        : rest().size() - delimiter_.size() + 1;
  if (sure > 0 && state_ == state::content)
    if (auto taken = on_piece_(rest().substr(0, sure)); !taken) return tl::make_unexpected(taken.error());
  drop(sure);
  if (found == std::string_view::npos) return false;
  drop(delimiter_.size());
  state_ = state::delimiter;
  return true;
}

result<bool> multipart_reader::take_delimiter() {
  if (rest().starts_with("--")) {
    state_ = state::epilogue;
    return true;
  }
  // Blanks may stand after a boundary (RFC 2046, section 5.1.1, "transport-padding").
  const auto end = std::min(rest().find_first_not_of(" \t"), rest().size());
  if (end > max_padding) return malformed("no line ends after a boundary");
  if (rest().size() - end < 2) return false;
  if (!rest().substr(end).starts_with("\r\n")) return malformed("a boundary is followed by something else");
  drop(end);  // the CRLF stays, so that a head without lines ends as any other
  state_ = state::head;
  return true;
}

result<bool> multipart_reader::take_head() {
  const auto end = rest().find("\r\n\r\n");
  // Three bytes of its end may be here without the fourth.
  if (end == std::string_view::npos)
    return rest().size() > max_part_head + 3 ? malformed("the head of a part is too long")
                                             : result<bool>{false};
  if (end > max_part_head) return malformed("the head of a part is too long");
  if (++parts_ > max_parts) return malformed("it has too many parts");
  const auto part = parse_part_head(end < 2 ? std::string_view{} : rest().substr(2, end - 2));
  if (!part) return tl::make_unexpected(part.error());
  if (auto taken = on_part_(*part); !taken) return tl::make_unexpected(taken.error());
  drop(end + 4);
  state_ = state::content;
  return true;
}

}  // namespace dip::http
