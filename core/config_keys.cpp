#include "core/config_keys.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <sstream>
#include <type_traits>

#include "core/config_text.hpp"
#include "core/ip_address.hpp"
#include "core/object.hpp"

namespace dip {
namespace {

using problem = std::optional<std::string>;

constexpr std::uint64_t tebibyte = 1024ULL * 1024 * mebibyte;
constexpr milliseconds second{1'000}, minute{60'000}, hour{3'600'000}, day{86'400'000};

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                  c == '_';
         });
}

bool one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

bool starts_with_one_of(std::string_view text, std::initializer_list<std::string_view> starts) {
  return std::any_of(starts.begin(), starts.end(), [&](std::string_view s) {
    return text.substr(0, s.size()) == s && text.size() > s.size();
  });
}

// Each reader below makes a function that checks a value and puts it into a field. From the environment
// everything comes as text, so text that spells a number is one.

template <class Field>
auto count(Field field, std::uint64_t min, std::uint64_t max) {
  return [=](auto& in, const config_value& value) -> problem {
    std::string range = "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max);
    const auto* number = std::get_if<std::int64_t>(&value);
    if (!number || *number < 0) return range;
    const auto wanted = static_cast<std::uint64_t>(*number);
    if (wanted < min || wanted > max) return range;
    auto& out = field(in);
    out = static_cast<std::remove_reference_t<decltype(out)>>(wanted);
    return std::nullopt;
  };
}

template <class Field>
auto flag(Field field) {
  return [=](auto& in, const config_value& value) -> problem {
    const auto* given = std::get_if<bool>(&value);
    const auto* text = std::get_if<std::string>(&value);
    if (!given && (!text || (*text != "true" && *text != "false"))) return "must be true or false";
    field(in) = given ? *given : *text == "true";
    return std::nullopt;
  };
}

template <class Field>
auto size(Field field, std::uint64_t min, std::uint64_t max) {
  return [=](auto& in, const config_value& value) -> problem {
    std::uint64_t bytes = 0;
    if (const auto* number = std::get_if<std::int64_t>(&value); number && *number >= 0) {
      bytes = static_cast<std::uint64_t>(*number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      const auto parsed = parse_size(*text);
      if (!parsed) return "is " + parsed.error().detail;
      bytes = *parsed;
    } else {
      return "must be a size as \"64 MiB\"";
    }
    if (bytes < min || bytes > max) return "must be from " + size_text(min) + " to " + size_text(max);
    field(in) = bytes;
    return std::nullopt;
  };
}

template <class Field>
auto duration(Field field, milliseconds min, milliseconds max) {
  return [=](auto& in, const config_value& value) -> problem {
    const auto* text = std::get_if<std::string>(&value);
    if (!text) return "must be a duration in quotes, as \"30s\"";
    const auto parsed = parse_duration(*text);
    if (!parsed) return "is " + parsed.error().detail;
    if (*parsed < min || *parsed > max)
      return "must be from " + duration_text(min) + " to " + duration_text(max);
    field(in) = *parsed;
    return std::nullopt;
  };
}

template <class Field>
auto text(Field field, bool (*good)(std::string_view), const char* otherwise) {
  return [=](auto& in, const config_value& value) -> problem {
    const auto* written = std::get_if<std::string>(&value);
    if (!written) return "must be text in quotes";
    if (!one_line(*written) || !good(*written)) return std::string(otherwise);
    field(in) = *written;
    return std::nullopt;
  };
}

// A list of texts; in the environment with commas between them.
std::optional<std::vector<std::string>> list_of(const config_value& value) {
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) return *list;
  const auto* written = std::get_if<std::string>(&value);
  if (!written) return std::nullopt;
  std::vector<std::string> all;
  std::istringstream parts{*written};
  for (std::string part; std::getline(parts >> std::ws, part, ',');) all.push_back(part);
  return all;
}

template <class Field>
auto texts(Field field, bool (*good)(std::string_view), const char* otherwise) {
  return [=](auto& in, const config_value& value) -> problem {
    auto all = list_of(value);
    if (!all) return "must be a list as [\"…\"]";
    if (!std::all_of(all->begin(), all->end(), [&](const auto& t) { return one_line(t) && good(t); }))
      return std::string(otherwise);
    field(in) = std::move(*all);
    return std::nullopt;
  };
}

template <class Field>
auto networks(Field field) {
  return [=](auto& in, const config_value& value) -> problem {
    const auto all = list_of(value);
    if (!all) return "must be a list as [\"10.0.0.0/8\", \"fd00::/8\"]";
    std::vector<ip_network> found;
    for (const auto& one : *all) {
      const auto network = parse_network(one);
      if (!network) return "has \"" + one + "\", which is no network as \"10.0.0.0/8\" or \"fd00::/8\"";
      found.push_back(*network);
    }
    field(in) = std::move(found);
    return std::nullopt;
  };
}

bool is_origin(std::string_view text) {
  if (text == "*") return true;
  if (!starts_with_one_of(text, {"http://", "https://"})) return false;
  const auto host = text.substr(text.find("://") + 3);
  return host.find_first_of("/ ?#@\"<>*,") == std::string_view::npos;
}
bool is_network(std::string_view text) { return parse_network(text).has_value(); }
bool is_bucket(std::string_view text) { return parse_bucket(text).has_value(); }
bool any_text(std::string_view) { return true; }
bool is_public_url(std::string_view url) {
  return url.empty() || (starts_with_one_of(url, {"http://", "https://"}) && url.back() != '/' &&
                         url.find_first_of(" ?#\"<>") == std::string_view::npos);
}
bool is_mail_url(std::string_view url) {
  return url.empty() ||
         (starts_with_one_of(url, {"smtp://", "smtps://"}) && url.find(' ') == std::string_view::npos);
}
bool is_sender(std::string_view from) {
  const auto open = from.find('<');
  const bool named = open != std::string_view::npos;
  if (named && from.back() != '>') return false;
  const auto address = named ? from.substr(open + 1, from.size() - open - 2) : from;
  const auto at = address.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < address.size() &&
         address.find_first_of(" <>,;\"") == std::string_view::npos;
}
bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == ':' || c == '[' || c == ']';
  });
}
// Never an option of ssh.
bool is_ssh_destination(std::string_view text) {
  return text.empty() || (text.front() != '-' && text.find_first_of(" \t'\"\\") == std::string_view::npos);
}
bool is_language(std::string_view word) { return is_name(word) && word.size() <= 16; }
bool is_directory(std::string_view path) { return !path.empty(); }
bool is_sandbox(std::string_view word) { return word == "auto" || word == "required"; }

problem store_tls(config& c, const config_value& value) {
  using mode = smtp_config::tls_mode;
  static constexpr std::array<std::pair<std::string_view, mode>, 3> words{
      {{"none", mode::none}, {"starttls", mode::starttls}, {"implicit", mode::implicit}}};
  if (const auto* written = std::get_if<std::string>(&value))
    for (const auto& [word, m] : words)
      if (word == *written) {
        c.smtp.tls = m;
        return std::nullopt;
      }
  return "must be \"none\", \"starttls\" or \"implicit\"";
}

// A path of members cannot be put in parentheses.
// NOLINTNEXTLINE(bugprone-macro-parentheses)
#define DIP_FIELD(path) [](auto& in) -> auto& { return in.path; }

std::vector<config_key> make_config_keys() {
  constexpr auto big = std::numeric_limits<std::uint32_t>::max();
  constexpr auto name_rule = "must be 1 to 63 letters, digits, - or _";
  constexpr auto file_rule = "must be a path in quotes";
  return {
      {"cluster", "name", text(DIP_FIELD(cluster.name), is_name, name_rule)},
      {"cluster", "public_url",
       text(DIP_FIELD(cluster.public_url), is_public_url,
            "must be http://… or https://… without a slash at its end")},
      {"cluster", "replicas", count(DIP_FIELD(cluster.replicas), 1, 7)},
      {"cluster", "partitions", count(DIP_FIELD(cluster.partitions), 1, 1024)},

      {"workers", "preprocessors", count(DIP_FIELD(workers.preprocessors), 0, 1024)},
      {"workers", "processors", count(DIP_FIELD(workers.processors), 0, 1024)},
      {"workers", "notifiers", count(DIP_FIELD(workers.notifiers), 1, 256)},
      {"workers", "timeout", duration(DIP_FIELD(workers.timeout), second, hour)},
      {"workers", "max_receives", count(DIP_FIELD(workers.max_receives), 1, 100)},
      {"workers", "backoff_min", duration(DIP_FIELD(workers.backoff_min), milliseconds(1), hour)},
      {"workers", "backoff_max", duration(DIP_FIELD(workers.backoff_max), milliseconds(1), day)},
      {"workers", "visibility", duration(DIP_FIELD(workers.visibility), second, 12 * hour)},
      {"workers", "renew_after", count(DIP_FIELD(workers.renew_after), 1, 1'000'000)},

      {"limits", "upload", size(DIP_FIELD(limits.upload), 1024, 16 * 1024 * mebibyte)},
      {"limits", "pixels", count(DIP_FIELD(limits.pixels), 1, 10'000'000'000)},
      {"limits", "pixels_total", count(DIP_FIELD(limits.pixels_total), 1, 100'000'000'000)},
      {"limits", "frames", count(DIP_FIELD(limits.frames), 1, 100'000)},
      {"limits", "side", count(DIP_FIELD(limits.side), 1, 65'535)},
      {"limits", "operations", count(DIP_FIELD(limits.operations), 1, 1'000)},
      {"limits", "outputs", count(DIP_FIELD(limits.outputs), 1, 256)},
      {"limits", "request_json", size(DIP_FIELD(limits.request_json), 1024, mebibyte)},
      {"limits", "metadata", size(DIP_FIELD(limits.metadata), 0, 65'536)},
      {"limits", "queue_depth", count(DIP_FIELD(limits.queue_depth), 1, big)},
      {"limits", "free_disk", size(DIP_FIELD(limits.free_disk), 0, 1024 * tebibyte)},
      {"limits", "memory", size(DIP_FIELD(limits.memory), 512 * mebibyte, tebibyte)},
      {"limits", "wait", duration(DIP_FIELD(limits.wait), second, hour)},
      {"limits", "rate", count(DIP_FIELD(limits.rate), 0, big)},
      {"limits", "burst", count(DIP_FIELD(limits.burst), 0, big)},

      {"retention", "request_files", duration(DIP_FIELD(retention.request_files), minute, 36'500 * day)},
      {"retention", "preprocessed_files",
       duration(DIP_FIELD(retention.preprocessed_files), milliseconds(0), 36'500 * day)},
      {"retention", "processed_files", duration(DIP_FIELD(retention.processed_files), minute, 36'500 * day)},
      {"retention", "requests", duration(DIP_FIELD(retention.requests), minute, 36'500 * day)},
      {"retention", "dead_letters", duration(DIP_FIELD(retention.dead_letters), minute, 36'500 * day)},
      {"retention", "idempotency", duration(DIP_FIELD(retention.idempotency), minute, 36'500 * day)},

      {"retention", "audit", duration(DIP_FIELD(retention.audit), minute, 36'500 * day)},

      {"smtp", "url",
       text(DIP_FIELD(smtp.url), is_mail_url, "must be smtp://host:port or smtps://host:port")},
      {"smtp", "from",
       text(DIP_FIELD(smtp.from), is_sender, "must be an address, as \"DIP <dip@example.org>\"")},
      {"smtp", "user", text(DIP_FIELD(smtp.user), any_text, "must be one line of text")},
      {"smtp", "password_file", text(DIP_FIELD(smtp.password_file), any_text, file_rule)},
      {"smtp", "tls", store_tls},
      {"smtp", "ca_file", text(DIP_FIELD(smtp.ca_file), any_text, file_rule)},
      {"smtp", "timeout", duration(DIP_FIELD(smtp.timeout), second, 10 * minute)},
      {"smtp", "retry_first", duration(DIP_FIELD(smtp.retry_first), milliseconds(1), hour)},
      {"smtp", "retry_max", duration(DIP_FIELD(smtp.retry_max), milliseconds(1), day)},
      {"smtp", "retry_for", duration(DIP_FIELD(smtp.retry_for), milliseconds(1), 30 * day)},
      {"smtp", "per_domain", count(DIP_FIELD(smtp.per_domain), 1, 1'000)},
      {"smtp", "language",
       text(DIP_FIELD(smtp.language), is_language, "must be a language as \"en\" or \"de\"")},
      {"smtp", "templates", text(DIP_FIELD(smtp.templates), any_text, "must be a directory in quotes")},

      {"webhooks", "allow", networks(DIP_FIELD(webhooks.allow))},
      {"webhooks", "timeout", duration(DIP_FIELD(webhooks.timeout), second, 2 * minute)},
      {"webhooks", "per_host", count(DIP_FIELD(webhooks.per_host), 1, 1'000)},
      {"webhooks", "ca_file", text(DIP_FIELD(webhooks.ca_file), any_text, file_rule)},

      {"security", "api_keys_file", text(DIP_FIELD(security.api_keys_file), any_text, file_rule)},
      {"security", "admin_token_file", text(DIP_FIELD(security.admin_token_file), any_text, file_rule)},
      {"security", "tls_cert", text(DIP_FIELD(security.tls_cert), any_text, file_rule)},
      {"security", "tls_key", text(DIP_FIELD(security.tls_key), any_text, file_rule)},
      {"security", "tls_ca", text(DIP_FIELD(security.tls_ca), any_text, file_rule)},
      {"security", "webhook_secret_file", text(DIP_FIELD(security.webhook_secret_file), any_text, file_rule)},
      {"security", "public_read",
       texts(DIP_FIELD(security.public_read), is_bucket,
             "must be a list of buckets: rtp-request-files, rtp-preprocessed-files, rtp-processed-files")},
      {"security", "trusted_proxies",
       texts(DIP_FIELD(security.trusted_proxies), is_network,
             "must be a list of addresses or networks as \"10.0.0.0/8\"")},
      {"security", "cors_origins",
       texts(DIP_FIELD(security.cors_origins), is_origin,
             "must be a list of origins as \"https://app.example.org\", or [\"*\"]")},
      {"security", "sandbox",
       text(DIP_FIELD(security.sandbox), is_sandbox, "must be \"auto\" or \"required\"")},

      {"launch", "directory",
       text(DIP_FIELD(launch.directory), is_directory, "must be a directory in quotes")},
      {"launch", "log_size", size(DIP_FIELD(launch.log_size), 64 * 1024, tebibyte)},
      {"launch", "program", text(DIP_FIELD(launch.program), any_text, file_rule)},
      {"launch", "config", text(DIP_FIELD(launch.config), any_text, file_rule)},

      {"console", "destructive", flag(DIP_FIELD(console.destructive))},
  };
}

std::vector<node_key> make_node_keys() {
  return {
      {"name", text(DIP_FIELD(name), is_name, "must be 1 to 63 letters, digits, - or _")},
      {"host", text(DIP_FIELD(host), is_host, "must be a host name or an IP address")},
      {"http", count(DIP_FIELD(http), 1, 65'535)},
      {"actors", count(DIP_FIELD(actors), 0, 65'535)},
      {"objects", count(DIP_FIELD(objects), 0, 65'535)},
      {"health", count(DIP_FIELD(health), 0, 65'535)},
      {"access_log", text(DIP_FIELD(access_log), any_text, "must be a path in quotes, or \"-\"")},
      {"data", text(DIP_FIELD(data), is_directory, "must be a directory in quotes")},
      {"ssh", text(DIP_FIELD(ssh), is_ssh_destination, "must be what ssh is given, as \"dip@10.0.0.2\"")},
  };
}

#undef DIP_FIELD

void find_shared_places(const config& c, std::vector<config_conflict>& out) {
  std::set<std::string> names, directories;
  std::set<std::pair<std::string, std::uint16_t>> ports;
  for (size_t i = 0; i < c.nodes.size(); ++i) {
    const auto& n = c.nodes[i];
    if (!names.insert(n.name).second)
      out.push_back({"node", "name", i, "another node is called \"" + n.name + "\""});
    if (!directories.insert(n.host + ":" + n.data).second)
      out.push_back({"node", "data", i, "another node on this host has its data in \"" + n.data + "\""});
    for (const auto& [key, port] : {std::pair{std::string_view("http"), n.http},
                                    {std::string_view("actors"), n.actors},
                                    {std::string_view("objects"), n.objects},
                                    {std::string_view("health"), n.health}})
      if (port != 0 && !ports.insert({n.host, port}).second)
        out.push_back({"node", key, i, "port " + std::to_string(port) + " is used twice on " + n.host});
    if (c.nodes.size() > 1 && n.actors == 0)
      out.push_back(
          {"node", "actors", i,
           "node \"" + n.name + "\" needs a port for its actors: a cluster has more than one node"});
  }
}

}  // namespace

std::span<const config_key> config_keys() {
  static const std::vector<config_key> keys = make_config_keys();
  return keys;
}

std::span<const node_key> node_keys() {
  static const std::vector<node_key> keys = make_node_keys();
  return keys;
}

std::vector<config_conflict> find_conflicts(const config& c) {
  std::vector<config_conflict> out;
  find_shared_places(c, out);
  if (c.workers.backoff_max < c.workers.backoff_min)
    out.push_back({"workers", "backoff_max", 0, "must not be below backoff_min"});
  if (c.limits.pixels_total < c.limits.pixels)
    out.push_back({"limits", "pixels_total", 0, "must not be below pixels"});
  if (c.limits.metadata > c.limits.request_json)
    out.push_back({"limits", "metadata", 0, "must not be above request_json"});
  if (c.smtp.retry_max < c.smtp.retry_first)
    out.push_back({"smtp", "retry_max", 0, "must not be below retry_first"});
  const auto both = [&](std::string_view section, std::string_view a, bool has_a, std::string_view b,
                        bool has_b) {
    if (has_a && !has_b) out.push_back({section, a, 0, "needs " + std::string(b) + " beside it"});
    if (has_b && !has_a) out.push_back({section, b, 0, "needs " + std::string(a) + " beside it"});
  };
  if (c.limits.burst != 0 && c.limits.rate == 0)
    out.push_back({"limits", "burst", 0, "needs rate beside it"});
  if (c.security.api_keys_file.empty() && c.security.public_read != security_config{}.public_read)
    out.push_back({"security", "public_read", 0, "needs api_keys_file beside it: without keys all may read"});
  both("smtp", "user", !c.smtp.user.empty(), "password_file", !c.smtp.password_file.empty());
  both("security", "tls_cert", !c.security.tls_cert.empty(), "tls_key", !c.security.tls_key.empty());
  return out;
}

}  // namespace dip
