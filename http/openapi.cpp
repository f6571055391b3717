#include "http/openapi.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "http/api_schema.hpp"
#include "http/problem.hpp"

namespace dip::http {
namespace {

constexpr auto about =
    "DIP takes an image over HTTP, carries it through two processing stages, and tells its owner when the "
    "result is "
    "there: upload (`uploadFile`), ask (`processFile`), wait (`getRequest` with `?wait`, or `watchRequest`), "
    "fetch the "
    "outputs by their URLs.\n\nFailures are `application/problem+json` with a stable `code`. Times are RFC "
    "3339 in UTC, "
    "sizes are bytes, durations milliseconds. Every answer has an `X-Request-Id`.";

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

api_json header_refs(const std::vector<std::string>& names) {
  api_json out{{"X-Request-Id", {{"$ref", "#/components/headers/X-Request-Id"}}}};
  for (const auto& name : names) out[name] = {{"$ref", "#/components/headers/" + name}};
  return out;
}

// What any call can end in: what the connection gate answers before the call is known to be one, and the
// doors to a key that they do not know.
std::vector<errc> codes_of(const api_call& call) {
  std::vector<errc> all{errc::bad_request,  errc::unauthorized, errc::timeout,   errc::headers_too_large,
                        errc::http_version, errc::internal,     errc::overloaded};
  all.insert(all.end(), call.errors.begin(), call.errors.end());
  if (!call.scope.empty()) all.push_back(errc::forbidden);
  if (call.counted) all.push_back(errc::rate_limited);
  std::ranges::sort(all);
  const auto twice = std::ranges::unique(all);
  all.erase(twice.begin(), twice.end());
  return all;
}

std::map<int, std::vector<errc>> by_status(const api_call& call) {
  std::map<int, std::vector<errc>> out;
  for (const auto code : codes_of(call)) out[status_of(code)].push_back(code);
  return out;
}

api_json responses_of(const api_call& call) {
  api_json out;
  for (const auto& answer : call.answers) {
    api_json one{{"description", answer.text}, {"headers", header_refs(answer.headers)}};
    if (!answer.content.is_null()) one["content"] = answer.content;
    out[std::to_string(answer.status)] = std::move(one);
  }
  for (const auto& [status, codes] : by_status(call))
    out[std::to_string(status)] = {{"$ref", "#/components/responses/" + problem_name(codes)}};
  return out;
}

// An empty requirement beside the key's: it can be done without.
api_json security_of(const api_call& call, const security_config& doors) {
  const bool keys_asked =
      !doors.api_keys_file.empty() || (call.scope == "admin" && !doors.admin_token_file.empty());
  auto out = api_json::array();
  if (call.scope.empty()) return out;
  out.push_back({{"bearer", words({call.scope})}});
  if (call.sometimes || !keys_asked) out.push_back(api_json::object());
  return out;
}

std::string scope_sentence(const api_call& call) {
  if (call.scope.empty()) return {};
  if (call.scope == "admin")
    return "For operators: needs the admin token or a key with the scope `admin`; where neither tokens nor "
           "keys are "
           "asked for, a client on the node's own machine.";
  return "Needs a key with the scope `" + call.scope + "`, where keys are asked for" +
         (call.sometimes ? " and the bucket is not public." : ".");
}

api_json operation_of(const api_call& call, const security_config& doors) {
  api_json out{{"operationId", call.id}, {"tags", words({call.tag})}, {"summary", call.summary}};
  const auto scope = scope_sentence(call);
  if (const auto text = call.text + (call.text.empty() || scope.empty() ? "" : "\n\n") + scope; !text.empty())
    out["description"] = text;
  out["security"] = security_of(call, doors);
  out["parameters"] = api_json::array();
  for (const auto& name : call.parameters)
    out["parameters"].push_back({{"$ref", "#/components/parameters/" + name}});
  out["parameters"].push_back({{"$ref", "#/components/parameters/X-Request-Id"}});
  if (!call.body.is_null()) out["requestBody"] = call.body;
  out["responses"] = responses_of(call);
  return out;
}

api_json problem_components(const std::vector<api_call>& calls) {
  api_json out;
  for (const auto& call : calls)
    for (const auto& [status, codes] : by_status(call))
      if (const auto name = problem_name(codes); !out.contains(name))
        out[name] = problem_answer(status, codes);
  return out;
}

api_json components(const std::vector<api_call>& calls, const api_facts& facts) {
  api_json schemas;
  add_recipe_schemas(schemas, facts);
  add_record_schemas(schemas);
  add_cluster_schemas(schemas);
  add_operator_schemas(schemas);
  add_problem_schemas(schemas);
  return {{"schemas", std::move(schemas)},
          {"parameters", parameter_components(facts)},
          {"headers", header_components()},
          {"responses", problem_components(calls)},
          {"securitySchemes",
           {{"bearer",
             {{"type", "http"},
              {"scheme", "bearer"},
              {"description",
               "an API key, or the admin token; the words beside it are the scope that the call needs"}}}}}};
}

api_json limits(const limits_config& l) {
  return {{"upload", l.upload},
          {"pixels", l.pixels},
          {"pixels_total", l.pixels_total},
          {"frames", l.frames},
          {"side", l.side},
          {"operations", l.operations},
          {"outputs", l.outputs},
          {"request_json", l.request_json},
          {"metadata", l.metadata},
          {"wait_ms", l.wait.count()}};
}

}  // namespace

std::vector<api_call> api_calls(const api_facts& facts) {
  std::vector<api_call> out;
  for (auto part : {file_calls(facts), request_calls(facts), notification_calls(facts), operator_calls(facts),
                    node_calls(facts)})
    for (auto& call : part) out.push_back(std::move(call));
  return out;
}

std::string make_openapi(const api_facts& facts) {
  const auto calls = api_calls(facts);
  api_json out{
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "DIP, the Distributed Image Processor"},
        {"version", DIP_VERSION},
        {"description", about},
        {"license", {{"name", "Apache License 2.0"}, {"identifier", "Apache-2.0"}}}}},
      {"servers", api_json::array({{{"url", facts.origin}}})},
      {"tags",
       api_json::array({{{"name", "files"}, {"description", "images by their keys"}},
                        {{"name", "requests"}, {"description", "what is to be done to them"}},
                        {{"name", "notifications"}, {"description", "e-mail and webhooks, for operators"}},
                        {{"name", "operators"}, {"description", "what is at work, and how it is steered"}},
                        {{"name", "node"}, {"description", "how it is"}}})},
      {"x-limits", limits(facts.conf.limits)}};
  for (const auto& call : calls)
    out["paths"][call.path][lower(call.method)] = operation_of(call, facts.conf.security);
  out["components"] = components(calls, facts);
  return out.dump(-1, ' ', false, api_json::error_handler_t::replace);
}

}  // namespace dip::http
