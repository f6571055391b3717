#include "tests/unit/http/fixture.hpp"

namespace dip::http::test {
namespace {

using nlohmann::json;

TEST_CASE("the cluster is told with its nodes, their formats and libraries, and its partitions") {
  fixture f;
  format_set formats;
  formats.add_reading(image_format::jpeg);
  formats.add_reading(image_format::png);
  formats.add_writing(image_format::png);
  f.self.picture.nodes = {{.name = "n1",
                           .address = "http://10.0.0.1:8080",
                           .up = true,
                           .version = "0.1.0",
                           .since = noon,
                           .disk_free = 1'000,
                           .load = 0.5,
                           .formats = formats,
                           .codecs = {{"dip-codec", "8.18.7", {{"png", "1.6.58"}}}}},
                          {.name = "n2", .up = false}};
  f.self.picture.partitions = {
      {.number = 0, .leader = "n1", .term = 3, .replicas = {{"n1", true, 7, 0}, {"n2", false, 0, 0}}},
      {.number = 1}};
  const auto r = f.get("/cluster");
  CHECK(r.status == 200);
  CHECK(r.header("Cache-Control") == "no-store");
  const auto told = json::parse(r.body);
  const auto& n1 = told["nodes"][0];
  CHECK(n1["name"] == "n1");
  CHECK(n1["since"] == to_rfc3339(noon));
  CHECK(n1["formats"] == json{{"read", {"jpeg", "png"}}, {"write", {"png"}}});
  CHECK(n1["codecs"] ==
        json::array({{{"program", "dip-codec"}, {"libvips", "8.18.7"}, {"libraries", {{"png", "1.6.58"}}}}}));
  CHECK(n1["load"] == 0.5);
  CHECK(told["nodes"][1]["up"] == false);
  CHECK(told["nodes"][1].size() == 3);  // and nothing that it did not say
  const json replicas{{{"node", "n1"}, {"up", true}, {"applied", 7}, {"lag", 0}},
                      {{"node", "n2"}, {"up", false}, {"applied", nullptr}, {"lag", nullptr}}};
  CHECK(told["partitions"][0] ==
        json{{"partition", 0}, {"leader", "n1"}, {"term", 3}, {"replicas", replicas}});
  CHECK(told["partitions"][1]["leader"].is_null());
}

TEST_CASE("a parameter that the cluster does not know is refused") {
  CHECK(code_of(fixture{}.get("/cluster?node=n1")) == "bad_request");
}

}  // namespace
}  // namespace dip::http::test
