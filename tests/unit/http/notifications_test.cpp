#include <catch2/catch_test_macros.hpp>

#include "tests/unit/http/fixture.hpp"

using namespace dip;
using namespace dip::http;
using namespace dip::http::test;
using nlohmann::json;

TEST_CASE("notifications are sent again, and the answer is the record") {
  fixture f;
  const auto id = ulid::make(noon, partition_id{3}).text();
  const auto reply = f.call("POST", "/requests/" + id + "/resend");
  CHECK(reply.status == 202);
  const auto record = json::parse(reply.body);
  CHECK(record["id"] == id);
  CHECK(record["notification"]["email"] == "pending");
}

TEST_CASE("what cannot be sent again is answered so") {
  fixture f;
  CHECK(f.call("POST", "/requests/nobody/resend").status == 404);
  const auto path = "/requests/" + ulid::make(noon, partition_id{3}).text() + "/resend";
  f.notifications.on_resend = error{errc::conflict, "the request is not final yet", {}};
  CHECK(f.call("POST", path).status == 409);
  f.notifications.on_resend = error{errc::not_found, "no such request", {}};
  CHECK(f.call("POST", path).status == 404);
  CHECK(f.get(path).status == 405);
  f.notifications.on_resend.reset();
  CHECK(f.post(path, "{}").status == 400);
  CHECK(f.post(path, "").status == 202);  // Content-Length: 0
}

TEST_CASE("suppressed addresses are listed by pages") {
  fixture f;
  const request_id by{ulid::make(noon, partition_id{3})};
  f.notifications.rows["a@example.org"] = {"a@example.org", noon, "550 5.1.1 no such user", by};
  const auto reply = f.get("/suppressions?limit=7&cursor=a%40b");
  CHECK(reply.status == 200);
  CHECK(f.notifications.listed == std::pair<std::uint32_t, std::string>{7, "a@b"});
  CHECK(json::parse(reply.body) == json{{"suppressions",
                                         {{{"address", "a@example.org"},
                                           {"since", "2026-03-04T12:00:00.500Z"},
                                           {"detail", "550 5.1.1 no such user"},
                                           {"request", by.text()}}}},
                                        {"next_cursor", "more"},
                                        {"stale", false}});
  CHECK(f.get("/suppressions?limit=1001").status == 400);
  CHECK(f.get("/suppressions?limit=1000").status == 200);
  CHECK(f.get("/suppressions?other=1").status == 400);
}

TEST_CASE("an address is cleared once, written with or without percent signs") {
  fixture f;
  for (const char* path : {"/suppressions/a%40example.org", "/suppressions/a@example.org"}) {
    f.notifications.rows["a@example.org"] = {"a@example.org", noon, "550", {}};
    CHECK(f.call("DELETE", path).status == 204);
    CHECK(f.call("DELETE", path).status == 404);
  }
}
