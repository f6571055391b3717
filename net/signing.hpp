// Signatures with a shared secret.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dip::net {

// RFC 2104 over SHA-256: 32 bytes.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);

// RFC 4648, section 4, with padding.
[[nodiscard]] std::string encode_base64(std::string_view bytes);
// Nothing for what `encode_base64` would not have written.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace dip::net
