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
      {.number = 0,
       .leader = "n1",
       .term = 3,
       .replicas = {{.node = "n1",
                     .up = true,
                     .applied = 7,
                     .role = cluster_picture::replica::part::voter,
                     .hash = 0xab,
                     .log_term = 3,
                     .log_index = 8},
                    {.node = "n2", .role = cluster_picture::replica::part::learner}}},
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
  const json replicas{{{"node", "n1"},
                       {"up", true},
                       {"role", "voter"},
                       {"applied", 7},
                       {"lag", 0},
                       {"log", {{"term", 3}, {"index", 8}}},
                       {"hash", "00000000000000ab"}},
                      {{"node", "n2"},
                       {"up", false},
                       {"role", "learner"},
                       {"applied", nullptr},
                       {"lag", nullptr},
                       {"log", nullptr},
                       {"hash", nullptr}}};
  CHECK(told["partitions"][0] ==
        json{{"partition", 0}, {"leader", "n1"}, {"term", 3}, {"replicas", replicas}});
  CHECK(told["partitions"][1]["leader"].is_null());
}

TEST_CASE("copies are hashed when somebody asks for it") {
  fixture f;
  CHECK(f.get("/cluster?hashes=true").status == 200);
  CHECK(f.self.hashed);
  CHECK(f.get("/cluster?hashes=false").status == 200);
  CHECK_FALSE(f.self.hashed);
  CHECK(code_of(f.get("/cluster?hashes=1")) == "bad_request");
}

TEST_CASE("a partition is recovered by its number, in a term, and only as far as the node agrees") {
  fixture f;
  const auto post = [&](const std::string& path) { return f.call("POST", path); };
  CHECK(post("/cluster/recover").status == 204);
  CHECK(post("/cluster/partitions/3/recover?term=12").status == 204);
  CHECK(f.self.recovered == std::tuple{partition_id{3}, term_number{12}, false});
  CHECK(post("/cluster/partitions/3/recover?term=12&empty=true").status == 204);
  CHECK(std::get<2>(f.self.recovered));
  // Each of them is in the audit, also what is refused.
  REQUIRE(f.operations.noted.size() == 3);
  CHECK(f.operations.noted[0].what == "give up lost nodes");
  CHECK(f.operations.noted[2].what == "recover partition");
  CHECK(f.operations.noted[2].on == "partition 3");
  CHECK(code_of(post("/cluster/partitions/3/recover")) == "bad_request");
  CHECK(code_of(post("/cluster/partitions/3/recover?term=0")) == "bad_request");
  CHECK(code_of(post("/cluster/partitions/3/recover?term=1&empty=1")) == "bad_request");
  CHECK(code_of(post("/cluster/partitions/8/recover?term=1")) == "not_found");
  CHECK(code_of(post("/cluster/partitions/x/recover?term=1")) == "not_found");
  f.self.on_recover = fail(errc::conflict, "n2 leads it");
  CHECK(code_of(post("/cluster/recover")) == "conflict");
  CHECK(code_of(post("/cluster/partitions/3/recover?term=12")) == "conflict");
}

TEST_CASE("a parameter that the cluster does not know is refused") {
  CHECK(code_of(fixture{}.get("/cluster?node=n1")) == "bad_request");
}

}  // namespace
}  // namespace dip::http::test
