// Any bytes as a request: the head's end is found wherever they are cut, what is read holds what it promises,
// and the body's framing reads no byte beyond its end.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "http/framed_body.hpp"
#include "http/request_head.hpp"
#include "http/target.hpp"

namespace {

using namespace dip::http;

void must(bool good) {
  if (!good) std::abort();
}

void read_body(std::string_view bytes, const body_framing& framing) {
  constexpr std::uint64_t most = 1 << 16;
  std::uint64_t taken = 0;
  framed_body body{[&](std::span<char> out) -> dip::result<size_t> {
                     if (bytes.empty()) return dip::fail(dip::errc::bad_request, "it ended");
                     const auto count = std::min(out.size(), bytes.size());
                     std::copy_n(bytes.data(), count, out.data());
                     bytes.remove_prefix(count);
                     return count;
                   },
                   framing, most};
  const auto done = body.read([&](std::string_view piece) -> dip::result<void> {
    taken += piece.size();
    return {};
  });
  must(taken <= most);
  must(done.has_value() == body.consumed());
  if (done && framing.length) must(taken == *framing.length);
}

void check(const request_head& head, const head_limits& limits) {
  must(!head.method.empty() && !head.target.empty() && head.target.size() <= limits.target);
  must(head.headers.size() <= limits.lines);
  for (const auto& [name, value] : head.headers) {
    must(!name.empty() && name.find_first_of(" \t\r\n:") == std::string::npos);
    must(value.find_first_of(std::string_view{"\r\n\0", 3}) == std::string::npos);
  }
  must(!head.body.length || head.body.has_body);
  (void)parse_target(head.target);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const head_limits limits{.bytes = 2048, .target = 256, .line = 512, .lines = 10};
  const auto whole = find_head_end(bytes, 0, limits);
  // Byte by byte it is the same head.
  size_t seen = 0;
  for (size_t there = 1; there <= size; ++there) {
    const auto part = find_head_end(bytes.substr(0, there), seen, limits);
    if (!part) {
      must(!whole || !*whole || **whole >= there);
      break;
    }
    if (*part) {
      must(**part == there && whole && *whole && **whole == there);
      break;
    }
    seen = there;
  }
  if (!whole || !*whole) return 0;
  const auto head = parse_head(bytes.substr(0, **whole), limits);
  if (!head) return 0;
  check(*head, limits);
  if (head->body.has_body) read_body(bytes.substr(**whole), head->body);
  return 0;
}
