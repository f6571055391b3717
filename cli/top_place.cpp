#include "cli/top_place.hpp"

#include "cli/command_tree.hpp"
#include "core/request.hpp"
#include "net/http_client.hpp"

namespace dip::cli {
namespace {

using nlohmann::json;
using kind = place::kind;

constexpr std::uint32_t most_actors = 20'000;
const json nothing;

std::string requests_path(const std::string& filter) {
  return parse_request_status(filter) ? "/requests?limit=200&status=" + filter : "/requests?limit=200";
}

}  // namespace

std::string path_of_queue(const std::string& queue, const char* what) {
  return "/queues/" + net::percent_encode(queue) + what;
}

std::string path_of_request(const std::string& id) { return "/requests/" + net::percent_encode(id); }

std::string path_of_actor(const std::string& id) { return "/actors/" + net::percent_encode(id); }

std::vector<std::string> queue_names() { return words_of("QUEUE"); }

const json& top_answers::page(const std::string& path) const {
  const auto found = pages.find(path);
  return found == pages.end() ? nothing : found->second;
}

std::vector<wanted> wants_of(const place& at) {
  switch (at.what) {
    case kind::overview: return {{"/cluster"}};
    case kind::queues: return {{"/queues"}};
    case kind::letters: {
      std::vector<wanted> out;
      for (const auto& q : queue_names()) out.push_back({path_of_queue(q, "/dead-letters?limit=200")});
      return out;
    }
    // The dead are only told of when they are asked for.
    case kind::actors:
      return {{at.filter == "dead" ? "/actors?state=dead" : "/actors", "actors", most_actors}};
    // A word that is a status is looked for among all requests, not only among those that are here.
    case kind::requests: return {{requests_path(at.filter)}};
    case kind::messages: return {{path_of_queue(at.of, "/messages?limit=200")}, {"/queues"}};
    case kind::request: return {{path_of_request(at.of)}};
    case kind::trace: return {{path_of_request(at.of) + "/trace"}};
    case kind::actor: return {{path_of_actor(at.of)}};
    case kind::message:
    case kind::help: break;
  }
  return {};
}

bool is_list(kind what) {
  return what == kind::overview || what == kind::queues || what == kind::letters || what == kind::actors ||
         what == kind::requests || what == kind::messages;
}

std::string title_of(const place& at) {
  switch (at.what) {
    case kind::overview: return "Overview";
    case kind::queues: return "Queues";
    case kind::letters: return "Dead letters";
    case kind::actors: return "Actors";
    case kind::requests: return "Requests";
    case kind::messages: return at.of;
    case kind::message: return "message " + at.of;
    case kind::request: return "request " + at.of;
    case kind::trace: return "trace of " + at.of;
    case kind::actor: return "actor " + at.of;
    case kind::help: return "Keys";
  }
  return "";
}

}  // namespace dip::cli
