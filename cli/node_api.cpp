#include "cli/node_api.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <random>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/interrupt.hpp"
#include "core/text.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;
using kind = node_error::kind;

constexpr int most_tries = 6;

node_address completed(node_address where) {
  if (where.url.find("://") == std::string::npos) where.url = "http://" + where.url;
  while (!where.url.empty() && where.url.back() == '/') where.url.pop_back();
  return where;
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

class open_file {
public:
  explicit open_file(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~open_file() {
    if (fd_ >= 0) ::close(fd_);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

private:
  int fd_;
};

tl::unexpected<node_error> local(const std::string& path, const std::string& why) {
  return tl::make_unexpected(node_error{kind::local, printable(path) + ": " + why});
}

// 0 to 60 s; Retry-After as a date is not used by nodes.
int seconds_to_wait(const net::http_response& response) {
  int seconds = 1;
  if (const auto after = response.header("retry-after"))
    std::from_chars(after->data(), after->data() + after->size(), seconds);
  return std::clamp(seconds, 0, 60);
}

void pause(int seconds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (!interrupted() && std::chrono::steady_clock::now() < until) ::poll(nullptr, 0, 50);
}

}  // namespace

node_api::node_api(node_address where)
    : where_(completed(std::move(where))), client_(settings_for(where_.url)) {}

node_error node_api::explain(const net::http_error& problem) const {
  using enum net::http_error::kind;
  if (problem.what == stopped && interrupted()) return {kind::interrupted, "interrupted"};
  if (problem.what == cannot_connect || problem.what == timeout)
    return {kind::unreachable,
            "no node answers at " + where_.url + ": start one with `dip serve`, or name another with --url"};
  return {kind::refused, "the call to " + where_.url + " failed: " + printable(problem.detail)};
}

node_error node_api::explain(const net::http_response& response) const {
  const json problem = json::parse(response.body, nullptr, false);
  const auto word = [&](const char* name) {
    const bool there = problem.is_object() && problem.contains(name) && problem[name].is_string();
    return there ? printable(problem[name].get<std::string>()) : std::string();
  };
  std::string text = word("detail").empty() ? word("title") : word("detail");
  if (text.empty()) text = "the node answered with status " + std::to_string(response.status);
  if (!word("code").empty()) text += " (" + word("code") + ")";
  if (response.status == 401) text += "; DIP_API_KEY is to have a key that the node knows";
  return {kind::refused, text};
}

answer<net::http_response> node_api::call(net::http_request request) {
  if (!where_.key.empty()) request.headers.emplace_back("Authorization", "Bearer " + where_.key);
  const auto tell = std::move(request.progress);
  request.progress = [&](const net::transfer_progress& p) {
    if (tell) tell(p);
    return !interrupted();
  };
  for (int tried = 1;; ++tried) {
    auto response = client_.perform(request);
    if (!response) return tl::make_unexpected(explain(response.error()));
    if (response->status >= 200 && response->status < 300) return std::move(*response);
    const bool busy = response->status == 429 || response->status == 503;
    if (!busy || tried == most_tries) return tl::make_unexpected(explain(*response));
    pause(seconds_to_wait(*response));
    if (interrupted()) return tl::make_unexpected(node_error{kind::interrupted, "interrupted"});
  }
}

answer<json> node_api::call_json(net::http_request request) {
  auto response = call(std::move(request));
  if (!response) return tl::make_unexpected(response.error());
  json body = json::parse(response->body, nullptr, false);
  if (!body.is_object())
    return tl::make_unexpected(
        node_error{kind::refused, "what answers at " + where_.url + " is not a node of DIP"});
  return body;
}

answer<json> node_api::upload(const std::string& path, const std::function<void(std::uint64_t)>& sent) {
  const open_file file(path);
  struct stat facts = {};
  if (file.fd() < 0 || ::fstat(file.fd(), &facts) != 0) return local(path, std::strerror(errno));
  if (S_ISDIR(facts.st_mode)) return local(path, "is a directory; name the files in it");
  if (!S_ISREG(facts.st_mode)) return local(path, "is not a file");
  const std::string name = std::filesystem::path(path).filename().string();
  net::http_request request;
  request.method = "POST";
  request.url = where_.url + "/files";
  request.headers = {{"Content-Type", "application/octet-stream"},
                     // RFC 6266 and RFC 8187: a name of any script
                     {"Content-Disposition", "attachment; filename*=UTF-8''" + net::percent_encode(name)}};
  request.upload = net::file_part{file.fd(), 0, static_cast<std::uint64_t>(facts.st_size)};
  request.progress = [&](const net::transfer_progress& p) {
    sent(p.sent);
    return true;
  };
  return call_json(std::move(request));
}

answer<json> node_api::submit(const json& body, const std::string& idempotency_key) {
  net::http_request request;
  request.method = "POST";
  request.url = where_.url + "/process-file";
  request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", idempotency_key}};
  request.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return call_json(std::move(request));
}

answer<json> node_api::find(const std::string& id, std::chrono::seconds wait) {
  net::http_request request;
  request.url = where_.url + "/requests/" + net::percent_encode(id);
  if (wait.count() > 0) {
    request.url += "?wait=" + std::to_string(wait.count()) + "s";
    request.idle_timeout = milliseconds(0);  // silence is what is asked for
    request.timeout = wait + std::chrono::seconds(30);
  }
  return call_json(std::move(request));
}

answer<json> node_api::list(const std::string& query) {
  net::http_request request;
  request.url = where_.url + "/requests" + (query.empty() ? "" : "?" + query);
  return call_json(std::move(request));
}

answer<void> node_api::download(const std::string& url, const std::function<bool(std::string_view)>& take) {
  const auto path = url.find("/files/");
  if (path == std::string::npos)
    return tl::make_unexpected(node_error{kind::refused, "not the address of a file: " + printable(url)});
  net::http_request request;
  request.url = where_.url + url.substr(path);
  request.sink = take;
  if (auto response = call(std::move(request)); !response) return tl::make_unexpected(response.error());
  return {};
}

std::string make_idempotency_key() {
  std::random_device kernel;
  std::array<char, 33> out{};
  for (size_t i = 0; i < 4; ++i) std::snprintf(out.data() + 8 * i, 9, "%08x", kernel());
  return out.data();
}

}  // namespace dip::cli
