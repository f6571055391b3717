#include "http/framed_body.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

namespace dip::http {
namespace {

constexpr size_t piece_size = 128 * 1024;
constexpr size_t max_line = 1024;
constexpr size_t max_trailers = 64;

}  // namespace

result<void> framed_body::read(const piece_sink& take) {
  auto done = framing_.length ? read_exactly(*framing_.length, take) : read_chunks(take);
  consumed_ = done.has_value();
  return done;
}

result<void> framed_body::read_exactly(std::uint64_t count, const piece_sink& take) {
  if (count > most_ - taken_)
    return fail(errc::too_large, "at most " + std::to_string(most_) + " bytes are taken");
  taken_ += count;
  thread_local std::vector<char> piece(piece_size);
  while (count > 0) {
    const auto got = in_(std::span{piece}.first(std::min<std::uint64_t>(count, piece.size())));
    if (!got) return tl::make_unexpected(got.error());
    if (auto taken = take({piece.data(), *got}); !taken) return taken;
    count -= *got;
  }
  return {};
}

result<void> framed_body::read_chunks(const piece_sink& take) {
  for (;;) {
    const auto size = read_chunk_size();
    if (!size) return tl::make_unexpected(size.error());
    if (*size == 0) return read_trailers();
    if (auto chunk = read_exactly(*size, take); !chunk) return chunk;
    const auto end = read_line();
    if (!end) return tl::make_unexpected(end.error());
    if (!end->empty()) return fail(errc::bad_request, "a chunk of the body is longer than its size");
  }
}

// What stands after a semicolon is an extension that nobody uses; signs and prefixes, which other readers
// take, are no size.
result<std::uint64_t> framed_body::read_chunk_size() {
  const auto line = read_line();
  if (!line) return tl::make_unexpected(line.error());
  const auto digits = std::string_view{*line}.substr(0, line->find_first_of("; \t"));
  std::uint64_t size = 0;
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  const bool hex = digits.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  if (ec != std::errc{} || !hex || end != digits.data() + digits.size())
    return fail(errc::bad_request, "a chunk of the body has no size");
  return size;
}

result<void> framed_body::read_trailers() {
  for (size_t i = 0; i < max_trailers; ++i) {
    const auto line = read_line();
    if (!line) return tl::make_unexpected(line.error());
    if (line->empty()) return {};
  }
  return fail(errc::bad_request, "the body has too many trailers");
}

result<std::string> framed_body::read_line() {
  std::string line;
  while (!line.ends_with("\r\n")) {
    if (line.size() > max_line) return fail(errc::bad_request, "a line of the chunked body is too long");
    char byte = 0;
    if (const auto got = in_({&byte, 1}); !got) return tl::make_unexpected(got.error());
    line.push_back(byte);
  }
  line.resize(line.size() - 2);
  return line;
}

}  // namespace dip::http
