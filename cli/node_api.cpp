#include "cli/node_api.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <optional>
#include <random>

#include <poll.h>

#include "cli/interrupt.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;
using kind = node_error::kind;
using std::chrono::steady_clock;

constexpr milliseconds first_pause{100};
constexpr milliseconds longest_pause{2'000};
constexpr std::chrono::minutes longest_operation{10};
constexpr milliseconds most_silence{45'000};  // of a stream of events; nodes say something every 15 s

// Whether any node answered this process: before that, a wrong address is likelier than a restart.
std::atomic<bool> reached = false;

std::string completed(std::string url) {
  if (url.find("://") == std::string::npos) url = "http://" + url;
  while (!url.empty() && url.back() == '/') url.pop_back();
  return url;
}

// A proxy of the environment is for the world, not for this machine.
bool is_this_machine(std::string_view url) {
  const auto host = url.substr(url.find("://") + 3);
  return host.substr(0, 9) == "localhost" || host.substr(0, 4) == "127." || host.substr(0, 5) == "[::1]";
}

net::http_settings settings_for(std::string_view url) {
  net::http_settings settings;
  settings.use_proxy = !is_this_machine(url);
  return settings;
}

bool is_busy(int status) { return status == 429 || status == 503; }

bool is_lost(const net::http_error& problem) {
  using enum net::http_error::kind;
  return problem.what == cannot_connect || problem.what == broken || problem.what == timeout;
}

// Retry-After as a date is not used by nodes.
milliseconds asked_pause(const net::http_response& response) {
  int seconds = 0;
  if (const auto after = response.header("retry-after"))
    std::from_chars(after->data(), after->data() + after->size(), seconds);
  return std::chrono::seconds(std::clamp(seconds, 0, 24 * 3600));
}

// Doubles, with a quarter of chance in it, so that clients that lost the same node do not come back as one.
milliseconds growing_pause(int tried) {
  thread_local std::minstd_rand dice{std::random_device{}()};
  const auto whole = std::min(longest_pause, first_pause * (1 << std::min(tried, 10)));
  return whole - milliseconds(static_cast<std::int64_t>(dice() % 100) * whole.count() / 400);
}

tl::unexpected<node_error> stopped_by_user() {
  return tl::make_unexpected(node_error{kind::interrupted, "interrupted"});
}

}  // namespace

node_api::node_api(node_address where) : where_(std::move(where)) {
  for (auto& url : where_.urls) {
    url = completed(std::move(url));
    clients_.emplace_back(settings_for(url));
  }
}

bool node_api::halted() const { return interrupted() || (where_.stop && where_.stop->load()); }

void node_api::pause(milliseconds time) const {
  const auto until = steady_clock::now() + time;
  while (!halted() && steady_clock::now() < until)
    ::poll(nullptr, 0, static_cast<int>(std::min<std::int64_t>(50, time.count())));
}

std::string node_api::all_urls() const {
  std::string out;
  for (const auto& url : where_.urls) out += (out.empty() ? "" : ", ") + url;
  return printable(out);
}

node_error node_api::explain(const net::http_error& problem) const {
  if (problem.what == net::http_error::kind::stopped && halted()) return {kind::interrupted, "interrupted"};
  if (is_lost(problem))
    return {kind::unreachable,
            "no node answers at " + all_urls() + ": start one with `dip serve`, or name another with --url"};
  return {kind::refused,
          "the call to " + printable(where_.urls[current_]) + " failed: " + printable(problem.detail)};
}

node_error node_api::not_a_node() const {
  return {kind::refused, "what answers at " + printable(where_.urls[current_]) + " is not a node of DIP"};
}

node_error node_api::explain(const net::http_response& response) const {
  const json problem = json::parse(response.body, nullptr, false);
  const auto word = [&](const char* name) {
    const bool there = problem.is_object() && problem.contains(name) && problem[name].is_string();
    return there ? printable(problem[name].get<std::string>()) : std::string();
  };
  std::string text = word("detail").empty() ? word("title") : word("detail");
  if (text.empty()) text = "the node answered with status " + std::to_string(response.status);
  if (!word("pointer").empty()) text = word("pointer") + ": " + text;
  if (!word("code").empty()) text += " (" + word("code") + ")";
  if (response.status == 401 && where_.key.empty()) text += "; put a key of this cluster into DIP_API_KEY";
  if (response.status == 401 && !where_.key.empty())
    text += "; the cluster does not know the key in DIP_API_KEY";
  if (response.status == 403 && !where_.key.empty()) text += "; the key in DIP_API_KEY may not do this";
  return {kind::refused, text, response.status};
}

// Since when a call has not got through, and how often it was tried.
struct node_api::trouble {
  steady_clock::time_point since = steady_clock::now();
  int tried = 0;

  // How long to wait before the next try; nothing when the time is up.
  std::optional<milliseconds> next(milliseconds asked, std::chrono::seconds retry_for) {
    const auto time = std::max(asked, growing_pause(tried++));
    if (steady_clock::now() + time > since + retry_for) return std::nullopt;
    return time;
  }
};

// The first node that can do it. What each of them said last, when none can.
tl::expected<net::http_response, net::http_error> node_api::ask_nodes(plan& what, bool& progressed) {
  net::http_request request = what.request;
  const auto sink = std::move(request.sink);
  if (sink)
    request.sink = [&](std::string_view bytes) {
      progressed = reached = true;
      return sink(bytes);
    };
  for (size_t left = where_.urls.size(); true; --left) {
    request.url = where_.urls[current_] + what.request.url;
    if (what.before_try && !what.before_try(request))
      return tl::make_unexpected(net::http_error{net::http_error::kind::stopped, "stopped by the caller"});
    auto response = clients_[current_].perform(request);
    if (response) reached = true;
    const bool elsewhere = response ? response->status == 503 : is_lost(response.error());
    if (!elsewhere || left == 1 || halted()) return response;
    current_ = (current_ + 1) % where_.urls.size();
  }
}

answer<net::http_response> node_api::call(plan what) {
  if (!where_.key.empty()) what.request.headers.emplace_back("Authorization", "Bearer " + where_.key);
  const auto tell = std::move(what.request.progress);
  what.request.progress = [&](const net::transfer_progress& p) {
    if (tell) tell(p);
    return !halted();
  };
  const auto& r = what.request;
  if (!r.upload && !r.sink && r.timeout.count() == 0) what.request.timeout = where_.timeout;
  for (trouble t;;) {
    bool progressed = false;
    auto response = ask_nodes(what, progressed);
    if (halted()) return stopped_by_user();
    if (response && !is_busy(response->status)) {
      if (response->status >= 200 && response->status < 300) return std::move(*response);
      return tl::make_unexpected(explain(*response));
    }
    if (!response && !is_lost(response.error())) return tl::make_unexpected(explain(response.error()));
    if (what.endless && progressed) t = {};
    const auto next = t.next(response ? asked_pause(*response) : milliseconds(0), where_.retry_for);
    if (reached && next) pause(*next);
    if (halted()) return stopped_by_user();
    if (!reached || !next)
      return tl::make_unexpected(response ? explain(*response) : explain(response.error()));
    current_ = (current_ + 1) % where_.urls.size();
  }
}

answer<json> node_api::call_json(plan what) {
  auto response = call(std::move(what));
  if (!response) return tl::make_unexpected(response.error());
  json body = json::parse(response->body, nullptr, false);
  if (!body.is_object()) return tl::make_unexpected(not_a_node());
  return body;
}

namespace {

// RFC 6266 and RFC 8187: a name of any script.
std::string disposition(const std::string& way, const std::string& name) {
  return way + "; filename*=UTF-8''" + net::percent_encode(name);
}

net::http_request upload_of(const open_input& file, const std::string& path,
                            const node_api::byte_count& sent) {
  net::http_request request;
  request.method = "POST";
  request.url = path;
  request.upload = net::file_part{file.fd(), 0, file.size()};
  request.progress = [sent, size = file.size()](const net::transfer_progress& p) {
    sent(std::min(p.sent, size));
    return true;
  };
  return request;
}

// What stands behind ".../files/" of a public URL; a bare key is one of the uploads.
std::string file_path(const std::string& url_or_key) {
  const auto path = url_or_key.find("/files/");
  if (path != std::string::npos) return url_or_key.substr(path);
  return "/files/rtp-request-files/" + net::percent_encode(url_or_key);
}

}  // namespace

answer<json> node_api::upload(const open_input& file, const byte_count& sent) {
  auto request = upload_of(file, "/files", sent);
  request.headers = {{"Content-Type", "application/octet-stream"},
                     {"Content-Disposition", disposition("attachment", file.name())}};
  return call_json({std::move(request)});
}

answer<json> node_api::process(const open_input& file, const json& what, const std::string& idempotency_key,
                               const byte_count& sent) {
  auto request = upload_of(file, "/process-file", sent);
  const std::string boundary = "dip-" + make_idempotency_key();
  request.headers = {{"Content-Type", "multipart/form-data; boundary=" + boundary},
                     {"Idempotency-Key", idempotency_key}};
  request.upload_head = "--" + boundary +
                        "\r\nContent-Disposition: form-data; name=\"request\"\r\n"
                        "Content-Type: application/json\r\n\r\n" +
                        what.dump(-1, ' ', false, json::error_handler_t::replace) + "\r\n--" + boundary +
                        "\r\nContent-Disposition: " + disposition("form-data; name=\"file\"", file.name()) +
                        "\r\nContent-Type: application/octet-stream\r\n\r\n";
  request.upload_tail = "\r\n--" + boundary + "--\r\n";
  return call_json({std::move(request)});
}

answer<json> node_api::find(const std::string& id, std::chrono::seconds wait) {
  net::http_request request;
  request.url = "/requests/" + net::percent_encode(id);
  if (wait.count() > 0) {
    request.url += "?wait=" + std::to_string(wait.count()) + "s";
    request.idle_timeout = milliseconds(0);  // silence is what is asked for
    request.timeout = wait + std::chrono::seconds(30);
  }
  return call_json({std::move(request)});
}

answer<json> node_api::list(const std::string& query) {
  net::http_request request;
  request.url = "/requests" + (query.empty() ? "" : "?" + query);
  return call_json({std::move(request)});
}

answer<void> node_api::cancel(const std::string& id) {
  net::http_request request;
  request.method = "DELETE";
  request.url = "/requests/" + net::percent_encode(id);
  if (auto response = call({std::move(request)}); !response) return tl::make_unexpected(response.error());
  return {};
}

answer<void> node_api::follow(const std::string& id, const std::function<bool(const stream_event&)>& take) {
  std::string seen;
  bool stopped = false;
  const auto hear = [&](const stream_event& event) {
    if (!event.id.empty() && event.id == seen) return true;
    seen = event.id;
    stopped = !take(event);
    return !stopped;
  };
  event_reader reader(hear);
  plan what;
  what.request.url = "/requests/" + net::percent_encode(id) + "/events";
  what.request.idle_timeout = most_silence;
  what.request.sink = [&](std::string_view bytes) { return reader.feed(bytes); };
  what.endless = true;
  what.before_try = [&](net::http_request& request) {
    reader = event_reader(hear);
    std::erase_if(request.headers, [](const auto& h) { return h.first == "Last-Event-ID"; });
    if (!seen.empty()) request.headers.emplace_back("Last-Event-ID", seen);
    return true;
  };
  while (true) {
    const auto response = call(what);
    if (stopped) return {};
    if (!response) return tl::make_unexpected(response.error());
    // No Content tells an EventSource that there is nothing more to come.
    if (response->status == 204) return {};
    pause(first_pause);
    if (halted()) return stopped_by_user();
  }
}

answer<json> node_api::cluster() { return get("/cluster"); }

answer<json> node_api::get(const std::string& path) {
  net::http_request request;
  request.url = path;
  return call_json({std::move(request)});
}

answer<json> node_api::send(const std::string& method, const std::string& path, const json& body) {
  net::http_request request;
  request.method = method;
  request.url = path;
  request.idle_timeout = milliseconds(0);  // redriving many is long in silence
  request.timeout = where_.timeout.count() > 0 ? where_.timeout : longest_operation;
  if (!body.is_null()) {
    request.headers = {{"Content-Type", "application/json"}};
    request.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  }
  auto response = call({std::move(request)});
  if (!response) return tl::make_unexpected(response.error());
  if (response->body.empty()) return json{};
  json told = json::parse(response->body, nullptr, false);
  if (told.is_discarded()) return tl::make_unexpected(not_a_node());
  return told;
}

answer<void> node_api::operate(const std::string& path) {
  if (auto told = send("POST", path); !told) return tl::make_unexpected(told.error());
  return {};
}

answer<void> node_api::listen(const std::string& path, std::chrono::seconds silence,
                              const std::function<bool(const stream_event&)>& take) {
  bool stopped = false;
  const auto hear = [&](const stream_event& event) {
    stopped = !take(event);
    return !stopped;
  };
  event_reader reader(hear);
  plan what;
  what.request.url = path;
  what.request.idle_timeout = silence;
  what.request.sink = [&](std::string_view bytes) { return reader.feed(bytes); };
  what.before_try = [&](net::http_request&) {
    reader = event_reader(hear);
    return true;
  };
  const auto response = call(std::move(what));
  if (stopped || response) return {};
  return tl::make_unexpected(response.error());
}

answer<json> node_api::describe(const std::string& url_or_key) {
  net::http_request request;
  request.url = file_path(url_or_key) + "?info";
  return call_json({std::move(request)});
}

answer<void> node_api::download(const std::string& url, const std::function<bool()>& restart,
                                const std::function<bool(std::string_view)>& take) {
  if (url.find("/files/") == std::string::npos)
    return tl::make_unexpected(node_error{kind::refused, "not the address of a file: " + printable(url)});
  plan what;
  what.request.url = file_path(url);
  what.request.sink = take;
  what.before_try = [&](net::http_request&) { return restart(); };
  if (auto response = call(std::move(what)); !response) return tl::make_unexpected(response.error());
  return {};
}

std::string make_idempotency_key() {
  std::random_device kernel;
  std::array<char, 33> out{};
  for (size_t i = 0; i < 4; ++i) std::snprintf(out.data() + 8 * i, 9, "%08x", kernel());
  return out.data();
}

}  // namespace dip::cli
