#include "http/openapi.hpp"

#include <set>
#include <utility>

#include "core/operation_table.hpp"
#include "http/api_schema.hpp"
#include "http/problem.hpp"
#include "tests/unit/http/fixture.hpp"

namespace dip::http::test {
namespace {

using json = nlohmann::json;

api_facts facts(const config& conf, format_set formats = {~0U, ~0U}) {
  return {conf, "http://img.example.org", formats};
}

TEST_CASE("every route is described, and nothing else is") {
  fixture f;
  std::set<std::pair<std::string, std::string>> routed, described;
  const auto routes = make_routes(f.context());
  for (const auto* one : routes.routes()) {
    // Pages for a person, not calls of a program.
    if (one->pattern == "/console" || one->pattern.starts_with("/console/")) continue;
    routed.emplace(one->method, one->pattern);
  }
  for (const auto& call : api_calls(facts(f.conf)))
    described.emplace(call.method == "HEAD" ? "GET" : call.method, call.pattern);
  CHECK(routed == described);
}

TEST_CASE("a call needs the scope that its description names, and counts where that says so") {
  fixture f;
  const auto routes = make_routes(f.context());
  for (const auto& call : api_calls(facts(f.conf)))
    for (const auto* one : routes.routes()) {
      if (one->pattern != call.pattern || one->method != (call.method == "HEAD" ? "GET" : call.method))
        continue;
      INFO(call.id);
      CHECK(one->counted == call.counted);
      const auto needs = one->needs.all();
      if (call.sometimes || call.scope.empty())
        CHECK(needs.empty());
      else
        CHECK((needs.size() == 1 && to_string(needs.front()) == call.scope));
    }
}

TEST_CASE("a described path has the segments of its route") {
  const config conf;
  for (const auto& call : api_calls(facts(conf))) {
    INFO(call.id);
    const auto fixed = [](const std::string& path) { return path.substr(0, path.find('{')); };
    CHECK(fixed(call.path) == fixed(call.pattern));
    if (call.pattern.find("...") == std::string::npos) CHECK(call.path == call.pattern);
  }
}

TEST_CASE("the description is the same text every time") {
  const config conf;
  CHECK(make_openapi(facts(conf)) == make_openapi(facts(conf)));
}

TEST_CASE("every operation and parameter of the table is described with its bounds") {
  const config conf;
  const auto schemas = json::parse(make_openapi(facts(conf)))["components"]["schemas"];
  CHECK(schemas["Operation"]["oneOf"].size() == operation_table().size());
  for (const auto& spec : operation_table()) {
    INFO(spec.name);
    const std::string target = schemas["Operation"]["discriminator"]["mapping"][std::string{spec.name}];
    const auto& schema = schemas.at(target.substr(target.rfind('/') + 1));
    CHECK(schema["properties"].size() == spec.params.size() + 1);
    CHECK(schema["properties"]["op"]["const"] == spec.name);
    for (const auto& one : spec.params) {
      INFO(one.name);
      const auto& described = schema["properties"].at(std::string{one.name});
      CHECK(described["description"] == one.doc);
      if (one.kind != param_kind::integer && one.kind != param_kind::number) continue;
      CHECK(described["minimum"].get<double>() == one.min);
      CHECK(described["maximum"].get<double>() == one.max);
    }
  }
}

TEST_CASE("the description has the bounds of the node's configuration") {
  config conf;
  conf.limits.operations = 7;
  conf.limits.outputs = 3;
  conf.limits.metadata = 99;
  conf.presets["avatar"] = "{}";
  const auto request =
      json::parse(make_openapi(facts(conf)))["components"]["schemas"]["ProcessRequest"]["properties"];
  CHECK(request["operations"]["maxItems"] == 7);
  CHECK(request["outputs"]["maxItems"] == 3);
  CHECK(request["metadata"]["x-max-bytes"] == 99);
  CHECK(request["preset"]["enum"] == json{"avatar"});
}

TEST_CASE("a format that the node cannot write is not offered") {
  const config conf;
  format_set some;
  some.add_writing(image_format::png);
  const auto output = json::parse(make_openapi(facts(conf, some)))["components"]["schemas"]["Output"];
  CHECK(output["properties"]["format"]["enum"] == json{"png"});
}

TEST_CASE("every code that a caller can see has a sentence, and stands at no status but its own") {
  const config conf;
  const auto doc = json::parse(make_openapi(facts(conf)));
  const auto code = doc["components"]["schemas"]["Problem"]["properties"]["code"];
  CHECK(code["enum"].size() == visible_codes().size());
  for (const auto& [word, one] : code["x-meanings"].items()) {
    INFO(word);
    CHECK(!one["meaning"].get<std::string>().empty());
    CHECK(one["status"] == status_of(parse_errc(word)));
  }
}

TEST_CASE("the description is served with a tag that spares sending it again") {
  fixture f;
  const auto first = f.get("/openapi.json");
  REQUIRE(first.status == 200);
  CHECK(first.header("Content-Type") == "application/json");
  CHECK(json::parse(first.body)["openapi"] == "3.1.0");
  CHECK(json::parse(first.body)["servers"][0]["url"] == "http://img.example.org");
  const auto tag = first.header("ETag");
  CHECK(f.get("/openapi.json", "If-None-Match: " + tag + "\r\n").status == 304);
  CHECK(f.get("/openapi.json", "If-None-Match: \"another\"\r\n").status == 200);
  CHECK(f.get("/openapi.json", "If-Modified-Since: Wed, 04 Mar 2026 05:06:07 GMT\r\n").status == 200);
}

}  // namespace
}  // namespace dip::http::test
