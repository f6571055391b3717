#include "runtime/object_fetcher.hpp"

#include <atomic>
#include <mutex>
#include <thread>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "tests/unit/runtime/object_nodes.hpp"

using namespace dip;
using namespace dip::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t mib = 1024 * 1024;

fetch_config hasty() { return {.connect = 2s, .silence = 5s, .tries = 3, .worth = mib, .pause = 1ms}; }

// A store with files behind a channel.
struct giver {
  explicit giver(const std::optional<net::node_credentials>& tls = {}) : channel(*store, time, tls) {
    const auto port = channel.start("127.0.0.1", 0);
    REQUIRE(port);
    url = (tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(*port);
  }
  [[nodiscard]] object_source source(const std::string& node = "giver") const { return {node, url}; }

  std::unique_ptr<object_store> store = make_memory_object_store();
  system_clock time;
  object_channel channel;
  std::string url;
};

struct taker {
  explicit taker(const std::optional<net::node_credentials>& tls = {}) : fetcher(*store, tls, hasty()) {}
  // The bytes, or the word for what went wrong.
  std::string pull(const object_row& row, const std::vector<object_source>& from) {
    auto got = fetcher.pull(row, from);
    if (!got) {
      why = got.error().detail;
      return std::string{to_string(got.error().code)};
    }
    return bytes_of(*make_nameless_reader(std::move(*got), row.size));
  }

  std::unique_ptr<object_store> store = make_memory_object_store();
  object_fetcher fetcher;
  std::string why;
};

// What a server was asked for, in order.
struct ranges {
  void note(const http::http_request& r) {
    const std::lock_guard lock{mutex};
    all.push_back(r.header("Range").value_or("all"));
  }
  std::mutex mutex;
  std::vector<std::string> all;
};

object_source nobody_there() {
  auto gone = std::make_unique<giver>();
  const auto source = gone->source("gone");
  return source;
}

}  // namespace

TEST_CASE("a file is pulled, with and without TLS, and has no name yet") {
  const bool tls = GENERATE(false, true);
  const node_certificates certificates;
  const giver from(tls ? std::optional{certificates.of("n1")} : std::nullopt);
  taker to(tls ? std::optional{certificates.of("n2")} : std::nullopt);
  for (const std::size_t size : {std::size_t{1}, 3 * mib + 17}) {
    const auto bytes = some_bytes(size);
    const auto row = store_file(*from.store, some_upload(), bytes);
    CHECK(to.pull(row, {from.source()}) == bytes);
  }
  CHECK(files_in(*to.store) == 0);
  CHECK(to.fetcher.fetched().files == 2);
  CHECK(to.fetcher.fetched().bytes == 3 * mib + 18);
}

TEST_CASE("a preprocessed file is checked by its own checksum") {
  const giver from;
  taker to;
  const auto name =
      make_upload_name(bucket::preprocessed_files, ulid::make(system_clock{}.wall(), {}), image_format::tiff);
  const auto row = store_file(*from.store, name, "pixels");
  CHECK(to.pull(row, {from.source()}) == "pixels");
  damage(*from.store, name);
  CHECK(to.pull(row, {from.source()}) == "corrupt");
}

TEST_CASE("a broken connection is gone on with where it broke, at another source") {
  const auto bytes = some_bytes(3 * mib);
  const giver whole;
  const auto row = store_file(*whole.store, some_upload(), bytes);
  const odd_server breaks([&](const http::http_request& r) { return cut_answer(r, bytes, 3 * mib / 4); });
  taker to;
  CHECK(to.pull(row, {breaks.source(), whole.source()}) == bytes);
  CHECK(to.fetcher.fetched().bytes == 3 * mib);
  CHECK(whole.channel.served().served == 1);
  CHECK(whole.channel.served().served_bytes < 3 * mib);
}

TEST_CASE("and at the same one, as often as it brings something worth it") {
  const auto bytes = some_bytes(9 * mib);
  ranges asked;
  const odd_server breaks([&](const http::http_request& r) {
    asked.note(r);
    const auto first = r.header("Range") ? std::stoul(r.header("Range")->substr(6)) : 0;
    return cut_answer(r, bytes, first + 2 * mib);
  });
  taker to;
  CHECK(to.pull(row_of(some_upload(), bytes), {breaks.source()}) == bytes);
  CHECK(to.fetcher.fetched().bytes == 9 * mib);
  CHECK(asked.all.size() == 5);
  CHECK(asked.all.front() == "all");
}

TEST_CASE("a source that breaks off again and again is given up") {
  const auto bytes = some_bytes(mib);
  ranges asked;
  const odd_server breaks([&](const http::http_request& r) {
    asked.note(r);
    return cut_answer(r, bytes, 1000);
  });
  taker to;
  CHECK(to.pull(row_of(some_upload(), bytes), {breaks.source()}) == "no_quorum");
  CHECK(asked.all.size() == 3);
}

TEST_CASE("what a bad source gives is thrown away, and a good one's is taken") {
  const auto bytes = some_bytes(2 * mib);
  const giver bad, good;
  const auto row = store_file(*good.store, some_upload(), bytes);
  const auto other =
      GENERATE(std::size_t{2 * mib}, std::size_t{2 * mib - 1}, std::size_t{2 * mib + 1}, std::size_t{0});
  store_file(*bad.store, row.name, some_bytes(other, 'b'));
  taker to;
  CHECK(to.pull(row, {bad.source("bad"), good.source()}) == bytes);
  CHECK(to.pull(row, {bad.source("bad")}) == "corrupt");
  CHECK(to.why.find("bad: ") != std::string::npos);
}

TEST_CASE("the beginning of a bad file and the end of a good one are not taken for the file") {
  const auto bytes = some_bytes(4 * mib), wrong = some_bytes(4 * mib, 'b');
  const giver good;
  const auto row = store_file(*good.store, some_upload(), bytes);
  std::atomic<int> calls{0};
  const odd_server bad([&](const http::http_request& r) {
    return cut_answer(r, wrong, calls++ == 0 ? mib / 2 : wrong.size());
  });
  taker to;
  CHECK(to.pull(row, {bad.source(), good.source()}) == bytes);
}

TEST_CASE("a source that answers a part with the whole is not believed") {
  const auto bytes = some_bytes(2 * mib);
  std::atomic<int> calls{0};
  const odd_server deaf([&](const http::http_request& r) {
    if (calls++ == 0) return cut_answer(r, bytes, mib / 2);
    return cut_answer({}, bytes, bytes.size());
  });
  taker to;
  CHECK(to.pull(row_of(some_upload(), bytes), {deaf.source()}) == bytes);
}

TEST_CASE("that nobody has it, that nobody can be reached and that somebody is too busy are told apart") {
  const giver empty, other;
  const auto row = row_of(some_upload(), "x");
  const odd_server busy([](const http::http_request&) { return http::http_response{.status = 503}; });
  taker to;
  CHECK(to.pull(row, {}) == "not_found");
  CHECK(to.pull(row, {empty.source("n1"), other.source("n2")}) == "not_found");
  CHECK(to.pull(row, {empty.source("n1"), nobody_there()}) == "no_quorum");
  CHECK(to.why.find("gone: ") != std::string::npos);
  CHECK(to.pull(row, {busy.source()}) == "no_quorum");
  CHECK(to.pull(row, {nobody_there()}) == "no_quorum");
}

TEST_CASE("a rate is kept to, and nothing is lost by it") {
  const giver from;
  taker to;
  const auto bytes = some_bytes(mib);
  const auto row = store_file(*from.store, some_upload(), bytes);
  const auto began = std::chrono::steady_clock::now();
  const auto got = to.fetcher.pull(row, {from.source()}, 10 * mib);
  CHECK(got);
  CHECK(std::chrono::steady_clock::now() - began >= 100ms);
}

TEST_CASE("a stop ends a pull that waits, and those to come") {
  std::atomic<bool> asked{false};
  const auto bytes = some_bytes(mib);
  std::mutex held;
  std::unique_lock hold{held};
  const odd_server slow([&](const http::http_request& r) {
    asked = true;
    asked.notify_all();
    const std::lock_guard until_let_go{held};
    return cut_answer(r, bytes, bytes.size());
  });
  taker to;
  std::string came;
  std::thread puller([&] { came = to.pull(row_of(some_upload(), bytes), {slow.source()}); });
  asked.wait(false);
  to.fetcher.stop();
  puller.join();
  hold.unlock();
  CHECK(came == "draining");
  CHECK(to.pull(row_of(some_upload(), bytes), {slow.source()}) == "draining");
}

TEST_CASE(
    "who has no certificate, another authority's or an expired one is turned away, and the node lives") {
  const node_certificates ours, others;
  const giver from(ours.of("n1"));
  const auto row = store_file(*from.store, some_upload(), "secret");
  const auto good = ours.of("n2");

  auto nothing_shown = good;
  nothing_shown.certificate = nothing_shown.key = "";
  auto of_others = others.of("n3");
  of_others.authority = good.authority;
  const auto expired = ours.expired("n4");
  for (const auto& bad : {nothing_shown, of_others, expired}) {
    taker to(bad);
    CHECK(to.pull(row, {from.source()}) == "no_quorum");
  }
  // And a node does not take files from one that it does not trust.
  taker distrusts(others.of("n5"));
  CHECK(distrusts.pull(row, {from.source()}) == "no_quorum");
  const object_source plain{"giver", "http" + from.url.substr(5)};
  CHECK(taker().pull(row, {plain}) == "no_quorum");
  CHECK(from.channel.served().served == 0);

  taker to(good);
  CHECK(to.pull(row, {from.source()}) == "secret");
}
