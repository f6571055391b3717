// What a child that was taken over may say to dip, and what a broken dip may say to a child.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/codec.hpp"
#include "imaging/protocol.hpp"

namespace {

// What was read is written so that it reads the same.
template <class T>
void check(std::string_view bytes) {
  const auto read = dip::decode<T>(bytes);
  if (!read) return;
  const auto written = dip::encode(*read);
  const auto again = dip::decode<T>(written);
  if (!again || dip::encode(*again) != written) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  check<dip::protocol::reply>(bytes);
  check<dip::protocol::job>(bytes);
  check<dip::protocol::fork_request>(bytes);
  check<dip::protocol::fork_reply>(bytes);
  return 0;
}
