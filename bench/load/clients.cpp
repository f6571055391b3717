#include "bench/load/clients.hpp"

#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <nlohmann/json.hpp>

#include "net/http_client.hpp"

namespace dip::bench {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

constexpr const char* boundary = "----dip-bench-7fA0Zb";

double ms_since(steady_clock::time_point then) {
  return std::chrono::duration<double, std::milli>(steady_clock::now() - then).count();
}

json answered(net::http_client& client, const net::http_request& call, int status) {
  const auto answer = client.perform(call);
  if (!answer) throw std::runtime_error{call.url + ": " + answer.error().detail};
  if (answer->status != status)
    throw std::runtime_error{call.url + ": " + std::to_string(answer->status) + ' ' + answer->body};
  return json::parse(answer->body);
}

// As `curl -F file=@…` and a browser's form send it.
net::http_request form_of(const std::string& url, const std::string& bytes) {
  net::http_request call;
  call.method = "POST";
  call.url = url + "/files";
  call.headers = {{"Content-Type", std::string{"multipart/form-data; boundary="} + boundary}};
  call.body = std::string{"--"} + boundary +
              "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"image\"\r\n"
              "Content-Type: application/octet-stream\r\n\r\n" +
              bytes + "\r\n--" + boundary + "--\r\n";
  return call;
}

class client {
public:
  client(const std::string& url, const std::vector<job>& jobs, const std::vector<net::http_request>& forms)
      : url_(url), jobs_(jobs), forms_(forms) {}

  void once(size_t which) {
    const auto file = answered(http_, forms_[which], 201);
    net::http_request ask;
    ask.method = "POST";
    ask.url = url_ + "/process-file";
    ask.headers = {{"Content-Type", "application/json"}};
    ask.body = body_of(jobs_[which], file["key"]);
    wait(answered(http_, ask, 202)["status_url"].get<std::string>());
  }

private:
  void wait(const std::string& status_url) {
    net::http_request ask;
    ask.url = status_url + "?wait=30s";
    const auto record = answered(http_, ask, 200);
    if (record["status"] != "processed") throw std::runtime_error{record.dump()};
  }

  const std::string& url_;
  const std::vector<job>& jobs_;
  const std::vector<net::http_request>& forms_;
  net::http_client http_;
};

}  // namespace

std::string upload(const std::string& url, const std::string& bytes) {
  net::http_client http;
  return answered(http, form_of(url, bytes), 201)["key"];
}

load_result run_clients(const std::string& url, const std::vector<job>& jobs, const load_options& options) {
  std::vector<net::http_request> forms;
  for (const auto& one : jobs) forms.push_back(form_of(url, one.bytes));
  load_result result;
  std::exception_ptr failure;
  std::mutex mutex;
  std::atomic<unsigned> next{0};
  const auto began = steady_clock::now();
  const auto work = [&] {
    try {
      client me{url, jobs, forms};
      for (unsigned i = next++; i < options.images; i = next++) {
        const auto then = steady_clock::now();
        me.once(i % jobs.size());
        const double took = ms_since(then);
        const std::lock_guard lock{mutex};
        result.latencies_ms.push_back(took);
      }
    } catch (...) {
      const std::lock_guard lock{mutex};
      failure = std::current_exception();
      next = options.images;
    }
  };
  {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < options.clients; ++i) threads.emplace_back(work);
  }
  if (failure) std::rethrow_exception(failure);
  result.wall_ms = ms_since(began);
  return result;
}

}  // namespace dip::bench
