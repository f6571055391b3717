#include "notify/webhook.hpp"

#include <algorithm>
#include <fstream>
#include <utility>

#include <nlohmann/json.hpp>

#include "net/signing.hpp"
#include "net/url.hpp"

namespace dip {
namespace {

// Standard Webhooks, "Signature scheme": 192 to 512 bits.
constexpr size_t shortest_secret = 24, longest_secret = 64;
constexpr std::string_view secret_prefix = "whsec_";

std::string_view trimmed(std::string_view line) {
  const auto first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

// Says what is wrong without a word of the secret.
result<std::string> read_secret(std::string_view line) {
  if (!line.starts_with(secret_prefix)) return fail(errc::bad_request, "a secret starts with whsec_");
  auto key = net::decode_base64(line.substr(secret_prefix.size()));
  if (!key) return fail(errc::bad_request, "what follows whsec_ is not base64");
  if (key->size() < shortest_secret || key->size() > longest_secret)
    return fail(errc::bad_request,
                "a secret has 24 to 64 bytes, this one has " + std::to_string(key->size()));
  return std::move(*key);
}

result<std::vector<std::string>> read_secrets(const std::string& path) {
  const std::string file = "security.webhook_secret_file " + path;
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(errc::bad_request, file + " cannot be read");
  std::vector<std::string> keys;
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    const auto text = trimmed(line);
    if (text.empty() || text.front() == '#') continue;
    auto key = read_secret(text);
    if (!key)
      return fail(errc::bad_request, file + ", line " + std::to_string(number) + ": " + key.error().detail);
    keys.push_back(std::move(*key));
  }
  if (keys.empty()) return fail(errc::bad_request, file + " has no secret in it");
  return keys;
}

}  // namespace

result<std::unique_ptr<webhook_secrets>> webhook_secrets::read(const std::string& path) {
  std::unique_ptr<webhook_secrets> out(new webhook_secrets(path));
  if (auto ok = out->reload(); !ok) return tl::make_unexpected(ok.error());
  return out;
}

result<void> webhook_secrets::reload() {
  auto keys = read_secrets(path_);
  if (!keys) return tl::make_unexpected(keys.error());
  const std::lock_guard lock{mutex_};
  keys_ = std::move(*keys);
  return {};
}

std::string webhook_secrets::sign(std::string_view id, std::string_view timestamp,
                                  std::string_view body) const {
  std::string signed_text(id);
  signed_text.append(".").append(timestamp).append(".").append(body);
  std::string out;
  const std::lock_guard lock{mutex_};
  for (const auto& key : keys_)
    out += (out.empty() ? "v1," : " v1,") + net::encode_base64(net::hmac_sha256(key, signed_text));
  return out;
}

result<void> check_webhook(std::string_view url, const webhooks_config& rules) {
  const auto wrong = [](std::string why) { return fail(errc::invalid_operation, std::move(why)); };
  const auto parts = net::parse_url(url);
  if (!parts) return wrong(parts.error().detail);
  if (parts->has_user) return wrong("a webhook's URL has no user and no password in it");
  const auto address = parse_ip(parts->host);
  if (!address) return {};
  const auto why_not = why_not_public(*address);
  const bool allowed = std::any_of(rules.allow.begin(), rules.allow.end(),
                                   [&](const ip_network& n) { return n.contains(*address); });
  if (!why_not.empty() && !allowed)
    return wrong(parts->host + " may not be called: it is " + std::string(why_not));
  return {};
}

std::string webhook_id(const request_record& r) { return r.id.text() + "." + std::to_string(r.run); }

std::string webhook_body(const request_record& r, const std::string& data) {
  const auto ended = r.timeline.empty() ? r.updated_at : r.timeline.back().at;
  nlohmann::ordered_json head{{"type", "request." + std::string(to_string(r.status))},
                              {"timestamp", to_rfc3339(ended)}};
  auto out = head.dump();
  out.pop_back();
  return out + ",\"data\":" + data + "}";
}

}  // namespace dip
