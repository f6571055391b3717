#include "runtime/credentials.hpp"

#include <array>
#include <cstdlib>

#include <sys/random.h>

#include "cli/text_file.hpp"
#include "storage/object_bytes.hpp"

namespace dip {
namespace {

constexpr size_t shortest_token = 16;

result<std::string> admin_hash(const std::string& file) {
  auto text = read_text_file(file);
  if (!text) return text;
  const auto end = text->find_last_not_of(" \t\r\n");
  const auto token = text->substr(0, end == std::string::npos ? 0 : end + 1);
  if (token.size() < shortest_token || token.find_first_of(" \t\r\n") != std::string::npos)
    return fail(errc::bad_request, file + " must hold one token of at least " +
                                       std::to_string(shortest_token) + " characters without blanks");
  return sha256_hex(token);
}

}  // namespace

result<http::credentials> read_credentials(const security_config& c) {
  http::credentials out;
  if (!c.admin_token_file.empty()) {
    auto hash = admin_hash(c.admin_token_file);
    if (!hash) return tl::make_unexpected(hash.error());
    out.admin_sha256 = std::move(*hash);
  }
  if (c.api_keys_file.empty()) return out;
  auto text = read_text_file(c.api_keys_file);
  if (!text) return tl::make_unexpected(text.error());
  auto keys = parse_api_keys(*text);
  if (!keys) {
    const auto& first = keys.error().front();
    return fail(errc::bad_request, c.api_keys_file + ":" + std::to_string(first.line) + ":" +
                                       std::to_string(first.column) + ": " + first.text);
  }
  out.keys_asked = true;
  out.keys = std::move(*keys);
  return out;
}

std::string make_api_key() {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<unsigned char, 43> random{};  // six bits of each are used: 258 in all
  if (::getentropy(random.data(), random.size()) != 0) std::abort();
  std::string out = "dip_";
  for (const auto byte : random) out += letters[byte & 63U];
  return out;
}

}  // namespace dip
