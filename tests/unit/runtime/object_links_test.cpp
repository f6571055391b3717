#include "runtime/object_links.hpp"

#include <future>

#include <caf/all.hpp>
#include <catch2/catch_test_macros.hpp>

#include "core/placement.hpp"
#include "tests/support/scratch_dir.hpp"
#include "tests/unit/runtime/object_nodes.hpp"

using namespace dip;
using namespace dip::test;

namespace {

std::unique_ptr<roster> four_nodes(const scratch_dir& data) {
  auto c = default_config();
  c.nodes.clear();
  for (const std::string name : {"n1", "n2", "n3", "n4"}) {
    node_config n;
    n.name = name;
    n.host = name == "n3" ? "fd00::3" : name + ".example";
    c.nodes.push_back(n);
  }
  return std::move(*roster::open(data.text(), "n1", c));
}

void meet(links& all, const std::string& peer, std::uint16_t port) {
  link_status s;
  s.peer = peer;
  s.met.emplace();
  s.met->objects = port;
  all.note(std::move(s));
}

// A link whose other end is in the same process: what is asked of the peer comes to `far`.
struct short_link {
  static inline const char* name = "short link";
  std::map<std::uint64_t, caf::typed_response_promise<link_reply>> waiting;
};
link_actor::behavior_type short_link_to(link_actor::stateful_pointer<short_link> self, const links* far) {
  return {[](welcome_atom, const std::string&, const caf::actor&) {},
          [](refused_atom, const std::string&) {},
          [](wire_atom, const std::string&) {},
          [](const link_post&) {},
          [=](const link_request& r) {
            auto promise = self->make_response_promise<link_reply>();
            const auto number = self->state.waiting.size() + 1;
            self->state.waiting.emplace(number, promise);
            const arrival a{"n1", r.kind, r.partition, r.bytes, r.within};
            if (!far->deliver(a, responder{link_actor{self}, 1, number}))
              promise.deliver(refuse(errc::bad_request, "unknown"));
            return promise;
          },
          [=](const link_answer& a) { self->state.waiting.at(a.number).deliver(a.reply); },
          [](hello_atom, const std::string&, const caf::actor&) {},
          [](caf::atom_constant<caf::atom("wake")>, std::int64_t) {},
          [](caf::atom_constant<caf::atom("look")>, std::uint64_t, std::int64_t) {}};
}

result<fetched_files> ask(const object_peers& from, const std::string& whom, const fetch_files& what) {
  std::promise<result<fetched_files>> came;
  from.ask(whom, what, milliseconds{20'000}, [&](const result<fetched_files>& r) { came.set_value(r); });
  return came.get_future().get();
}

}  // namespace

TEST_CASE("replicas are where placement puts them, and channels where the links have met them") {
  caf::actor_system_config config;
  caf::actor_system system{config};
  links all;
  const scratch_dir data;
  const auto nodes = four_nodes(data);
  const auto peers = peers_over(system, all, *nodes, "n1", true);
  CHECK(peers.node == "n1");
  for (const auto& p : place_partitions(8, {"n1", "n2", "n3", "n4"}, 3))
    CHECK(peers.quorums_of(p.partition) == std::vector<std::vector<std::string>>{p.replicas});
  CHECK(peers.quorums_of({8}).empty());
  CHECK_FALSE(peers.url_of("n2"));
  meet(all, "n2", 4711);
  meet(all, "n3", 4712);
  meet(all, "n4", 0);
  CHECK(peers.url_of("n2") == "https://n2.example:4711");
  CHECK(peers.url_of("n3") == "https://[fd00::3]:4712");
  CHECK_FALSE(peers.url_of("n4"));
  CHECK_FALSE(peers.url_of("n5"));
  CHECK(peers_over(system, all, *nodes, "n1", false).url_of("n2") == "http://n2.example:4711");
}

TEST_CASE("a request to fetch goes over the link, and so does what came of it") {
  object_cluster c(4);
  links near, far;
  answer_fetches(far, c[2].copies);
  caf::actor_system_config config;
  caf::actor_system system{config};
  const auto link = system.spawn(short_link_to, &far);
  const auto outlet = near.put("n2", link);
  const scratch_dir data;
  const auto nodes = four_nodes(data);
  const auto peers = peers_over(system, near, *nodes, "n1", false);

  const auto row = store_file(*c[1].store, some_upload(), "bytes");
  const auto went = ask(peers, "n2", {"n1", {row}});
  REQUIRE(went);
  CHECK(went->bytes == 5);
  CHECK(c[2].store->verify(row));
  CHECK(ask(peers, "n2", {"n1", {row}})->bytes == 0);

  const auto refused = ask(peers, "n2", {"n1", {row_of(some_upload(), "nowhere")}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::not_found);
  CHECK(ask(peers, "n3", {"n1", {row}}).error().code == errc::no_quorum);

  caf::anon_send_exit(link, caf::exit_reason::user_shutdown);
  CHECK(ask(peers, "n2", {"n1", {row}}).error().code == errc::no_quorum);
  near.clear();
}
