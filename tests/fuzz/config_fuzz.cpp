// cluster.conf, and the file of API keys: two readers of TOML that only operators write, and yet.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/api_keys.hpp"
#include "core/config.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const bool keys = (data[0] & 1U) != 0;
  const std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  // What is refused says why, each reason in a line of the file or 0 for the whole of it.
  const auto check = [&](const auto& parsed) {
    if (parsed) return;
    if (parsed.error().empty()) std::abort();
    for (const auto& e : parsed.error())
      if (e.text.empty()) std::abort();
  };
  if (keys) {
    const auto parsed = dip::parse_api_keys(text);
    check(parsed);
    if (parsed)
      for (const auto& k : *parsed)
        if (k.name.empty() || k.sha256.size() != 64 || k.scopes == dip::scope_set{}) std::abort();
  } else {
    const auto parsed = dip::parse_config(text);
    check(parsed);
    if (parsed && (parsed->nodes.empty() || !dip::parse_config(text))) std::abort();
  }
  return 0;
}
