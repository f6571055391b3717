#include "http/doors.hpp"

#include <algorithm>
#include <utility>

#include "http/problem.hpp"

namespace dip::http {
namespace {

constexpr double seconds_a_day = 86'400;
constexpr std::uint32_t seconds_of_burst = 10;

constexpr scope_set everything{scope::upload, scope::process, scope::read, scope::admin};
constexpr scope_set all_but_admin{scope::upload, scope::process, scope::read};

// Takes as long wherever they differ.
bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned char differ = 0;
  for (size_t i = 0; i < a.size(); ++i) differ |= static_cast<unsigned char>(a[i] ^ b[i]);
  return differ == 0;
}

// "Bearer x"; other schemes are a proxy's business.
std::optional<std::string> bearer_of(const http_request& r) {
  const auto header = r.header("Authorization");
  constexpr std::string_view scheme = "Bearer ";
  if (!header || header->size() < scheme.size() ||
      !equal_ignoring_case(header->substr(0, scheme.size()), scheme))
    return std::nullopt;
  const auto begin = header->find_first_not_of(' ', scheme.size());
  return begin == std::string::npos ? std::string{} : header->substr(begin);
}

bool is_loopback_address(std::string_view peer) { return peer == "::1" || peer.starts_with("127."); }

// Of "host", "host:port" and "[v6]:port".
bool is_loopback_host(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1) == "[::1]";
  host = host.substr(0, host.find(':'));
  if (equal_ignoring_case(host, "localhost")) return true;
  const auto four_numbers = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return four_numbers && host.starts_with("127.");
}

std::string_view authority_of(std::string_view origin) {
  const auto at = origin.find("://");
  return at == std::string_view::npos ? origin : origin.substr(at + 3);
}

std::string_view origin_of(std::string_view url) {
  const auto at = url.find("://");
  return at == std::string_view::npos ? url : url.substr(0, url.find('/', at + 3));
}

bool came_through_a_proxy(const http_request& r) {
  return std::ranges::any_of(r.headers, [](const name_value& h) {
    constexpr std::string_view start = "X-Forwarded-";
    return equal_ignoring_case(h.first, "Forwarded") || equal_ignoring_case(h.first, "X-Real-IP") ||
           equal_ignoring_case(h.first, "Via") ||
           (h.first.size() > start.size() && equal_ignoring_case(h.first.substr(0, start.size()), start));
  });
}

// As `name_of` counts who is at the other end.
std::uint64_t client_of(const ip_address& a) {
  std::uint64_t out = 0;
  for (size_t i = 0; i < (a.v6 ? 8U : 4U); ++i) out = out << 8 | a.bytes.at(i);
  return out;
}

allowance calls_of(const rate_limit& l) {
  const auto burst = l.burst != 0 ? l.burst : std::max(l.rate, 1U) * seconds_of_burst;
  return {static_cast<double>(burst), static_cast<double>(l.rate)};
}

allowance bytes_of(const caller& c) {
  const auto a_day = static_cast<double>(c.bytes);
  return {a_day, a_day / seconds_a_day};
}

http_response too_often(const http_request& r, std::string why, milliseconds wait) {
  auto out = make_problem({errc::rate_limited, std::move(why), {}}, r.id);
  set_retry_after(out, std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count()));
  return out;
}

}  // namespace

doors::doors(rules r, const clock& time)
    : rules_(std::move(r)),
      local_(is_loopback_host(authority_of(origin_of(rules_.public_url)))),
      time_(time),
      credentials_(std::make_shared<credentials>()) {}

void doors::set(credentials c) {
  auto fresh = std::make_shared<const credentials>(std::move(c));
  const std::lock_guard lock{mutex_};
  credentials_ = std::move(fresh);
}

std::shared_ptr<const credentials> doors::current() const {
  const std::lock_guard lock{mutex_};
  return credentials_;
}

// docs/decisions/0006: a proxy that says nothing of itself makes all the world look local, so on a node that
// is meant for the world this is not enough.
bool doors::is_operator(const http_request& r, const credentials& c) const {
  if (!c.admin_sha256.empty() || c.keys_asked || !local_) return false;
  if (!is_loopback_address(r.peer) || !is_loopback_host(r.header("Host").value_or(""))) return false;
  if (came_through_a_proxy(r)) return false;
  const auto origin = r.header("Origin");
  return !origin || *origin == origin_of(rules_.public_url) || is_loopback_host(authority_of(*origin));
}

result<caller> doors::identify(const http_request& r, const credentials& c, rate_limit& calls) const {
  caller out;
  const auto given = bearer_of(r);
  if (given && (c.keys_asked || !c.admin_sha256.empty())) {
    const auto hash = rules_.sha256(*given);
    const api_key* found = nullptr;
    for (const auto& k : c.keys)
      if (same(k.sha256, hash)) found = &k;
    if (!c.admin_sha256.empty() && same(c.admin_sha256, hash))
      return caller{.name = "admin", .scopes = everything, .token = true};
    if (!found) return fail(errc::unauthorized, "this key is not known");
    if (found->expires_at != wall_time{} && found->expires_at <= time_.wall())
      return fail(errc::unauthorized, "this key has expired");
    calls = found->calls;
    return caller{
        .name = found->name, .scopes = found->scopes, .requests = found->requests, .bytes = found->bytes};
  }
  out.asked = c.keys_asked || !c.admin_sha256.empty();
  if (!c.keys_asked) out.scopes = all_but_admin;
  if (is_operator(r, c)) out.scopes = everything;
  return out;
}

// From the right, as each proxy adds whom it has spoken with: the first that is none of ours. What is left of
// him may be made up.
void doors::look_behind_proxies(http_request& r) const {
  const auto trusted = [&](const ip_address& a) {
    return std::ranges::any_of(rules_.trusted_proxies, [&](const ip_network& n) { return n.contains(a); });
  };
  auto from = parse_ip(r.peer);
  if (!from || !trusted(*from)) return;
  auto chain = r.header("X-Forwarded-For").value_or("");
  while (!chain.empty() && trusted(*from)) {
    const auto comma = chain.rfind(',');
    const auto begin = chain.find_first_not_of(" \t", comma == std::string::npos ? 0 : comma + 1);
    const auto end = chain.find_last_not_of(" \t");
    const auto next = begin > end || begin == std::string::npos
                          ? std::nullopt
                          : parse_ip(std::string_view{chain}.substr(begin, end + 1 - begin));
    if (!next) break;
    from = next;
    chain.resize(comma == std::string::npos ? 0 : comma);
  }
  r.peer = to_string(*from);
  r.client = client_of(*from);
}

std::optional<http_response> doors::admit(http_request& r, scope_set needs, bool counted) {
  look_behind_proxies(r);
  const auto known = current();
  rate_limit calls;
  auto by = identify(r, *known, calls);
  // Also what is not let in costs a call: else keys could be tried as fast as the network is.
  const bool named = by && !by->name.empty();
  if (counted) {
    const auto who = named ? "key " + by->name : "address " + std::to_string(r.client);
    if (auto refusal = limit(r, who, named ? calls : rules_.per_address)) return refusal;
  }
  if (!by) return make_problem(by.error(), r.id);
  r.by = std::move(*by);
  for (const auto s : needs.all())
    if (auto allowed = require(r, s); !allowed) return make_problem(allowed.error(), r.id);
  if (r.by.bytes > 0 && needs.has(scope::upload))
    if (const auto wait = bytes_.take(r.by.name, bytes_of(r.by), time_.steady(), 1))
      return too_often(r, "the key " + r.by.name + " has sent all the bytes that it may in a day", *wait);
  return std::nullopt;
}

std::optional<http_response> doors::limit(const http_request& r, const std::string& who,
                                          const rate_limit& calls) {
  if (calls.rate == 0) return std::nullopt;
  if (const auto wait = calls_.take(who, calls_of(calls), time_.steady()))
    return too_often(r, "more than " + std::to_string(calls.rate) + " calls a second", *wait);
  return std::nullopt;
}

void doors::account(const caller& by, std::uint64_t bytes) {
  if (by.bytes > 0) bytes_.charge(by.name, bytes_of(by), time_.steady(), static_cast<double>(bytes));
}

std::string doors::allowed_origin(const http_request& r) const {
  const auto origin = r.header("Origin");
  if (!origin) return {};
  for (const auto& allowed : rules_.cors_origins) {
    if (allowed == "*") return allowed;
    if (equal_ignoring_case(allowed, *origin)) return *origin;
  }
  return {};
}

std::optional<http_response> doors::preflight(const http_request& r) const {
  if (!r.header("Access-Control-Request-Method") || allowed_origin(r).empty()) return std::nullopt;
  return http_response{
      .status = 204,
      .headers = {{"Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE"},
                  {"Access-Control-Allow-Headers",
                   "Authorization, Content-Type, Content-Disposition, Idempotency-Key, If-Match, "
                   "If-None-Match, If-Modified-Since, If-Unmodified-Since, If-Range, "
                   "Last-Event-ID, Range, X-Request-Id"},
                  {"Access-Control-Max-Age", "7200"}}};
}

void doors::finish(const http_request& r, http_response& answer) const {
  if (rules_.cors_origins.empty()) return;
  if (std::ranges::find(rules_.cors_origins, "*") == rules_.cors_origins.end())
    answer.headers.emplace_back("Vary", "Origin");
  const auto origin = allowed_origin(r);
  if (origin.empty()) return;
  answer.headers.emplace_back("Access-Control-Allow-Origin", origin);
  answer.headers.emplace_back("Access-Control-Expose-Headers",
                              "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag, "
                              "Last-Modified, Location, Retry-After, X-Request-Id");
}

result<void> require(const http_request& r, scope s) {
  if (r.by.scopes.has(s)) return {};
  const std::string word{to_string(s)};
  if (!r.by.name.empty())
    return fail(errc::forbidden, "the key " + r.by.name + " has no scope \"" + word + "\"");
  if (r.by.asked)
    return fail(errc::unauthorized, "this call needs an API key with the scope \"" + word + "\"");
  return fail(errc::forbidden,
              "without an admin token operator calls are answered on the machine itself only");
}

}  // namespace dip::http
