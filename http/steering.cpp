#include "http/steering.hpp"

#include <utility>

#include <nlohmann/json.hpp>

#include "http/operator_port.hpp"
#include "http/problem.hpp"

namespace dip::http {
namespace {

std::string who(const caller& by) {
  if (by.token) return "admin token";
  return by.name.empty() ? "loopback" : "key " + by.name;
}

std::string outcome_of(const http_response& answer) {
  if (answer.status < 400) return "done";
  const auto problem = nlohmann::json::parse(answer.body, nullptr, false);
  if (!problem.is_object()) return std::to_string(answer.status);
  const auto detail = problem.value("detail", "");
  return problem.value("code", "") + (detail.empty() ? "" : ": " + detail);
}

}  // namespace

std::function<http_response(const http_request&)> steered(const route_context& c, act_function act,
                                                          bool destructive) {
  return [c, act = std::move(act), destructive](const http_request& r) {
    deed told{r.method + " " + r.path, {}, {}};
    auto answer = destructive && !c.conf.console.destructive
                      ? make_problem({errc::forbidden, "switched off in cluster.conf", {}}, r.id)
                      : act(r, told);
    audit_row row;
    row.who = who(r.by);
    row.from = r.peer;
    row.what = told.what.substr(0, 256);
    row.on = told.on.substr(0, 256);
    row.reason = told.reason;
    row.outcome = outcome_of(answer).substr(0, 256);
    c.node.operations.note(std::move(row));
    return answer;
  };
}

}  // namespace dip::http
