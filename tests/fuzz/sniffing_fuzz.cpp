// The first bytes of whatever is uploaded.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/image_format.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view head{reinterpret_cast<const char*>(data), size};
  const auto format = dip::sniff_format(head);
  if (format && static_cast<std::size_t>(*format) >= dip::format_table().size()) std::abort();
  return 0;
}
