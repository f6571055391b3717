#include "runtime/live_feed.hpp"

#include <atomic>

#include <catch2/catch_test_macros.hpp>

using namespace dip;
using namespace std::chrono_literals;

namespace {

struct set_clock final : clock {
  wall_time wall() const override { return {}; }
  steady_time steady() const override { return steady_time{at.load()}; }
  std::atomic<std::chrono::nanoseconds> at{1h};
};

// What a looker is woken for, without a word of when.
struct reader {
  explicit reader(live_feed& of) : feed(of.look()) {
    REQUIRE(feed);
    feed->start([this] {
      const std::lock_guard lock{mutex};
      ++woken;
      changed.notify_all();
    });
  }
  std::string next() {
    for (std::uint64_t seen = 0;;) {
      if (auto text = feed->next(); !text.empty()) return text;
      std::unique_lock lock{mutex};
      changed.wait(lock, [&] { return woken != seen; });
      seen = woken;
    }
  }
  // Until it has been said.
  std::string until(const std::string& what) {
    std::string all;
    while (all.find(what) == std::string::npos) all += next();
    return all;
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::uint64_t woken = 0;
  std::unique_ptr<http::event_feed> feed;
};

request_id some_request() { return {ulid::make(wall_time{1'000ms}, {})}; }

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("live feed: first the whole picture, then what changes") {
  set_clock time;
  std::atomic<int> made{0};
  live_feed feed{time, [&] { return "{\"picture\":" + std::to_string(++made) + "}"; }};
  CHECK(made == 0);  // nobody looks
  reader one{feed};
  CHECK(one.next().starts_with("event: snapshot\ndata: {\"picture\":"));
  const auto id = some_request();
  feed.news(id, request_status::processed, 1);
  const auto said = one.until("event: request\n");
  CHECK(said.find(id.text()) != std::string::npos);
  CHECK(said.find("\"processed\"") != std::string::npos);
}

TEST_CASE("live feed: of very many changes in a second some are told, and how many were not") {
  set_clock time;
  live_feed feed{time, [] { return std::string{"{}"}; }};
  reader one{feed};
  (void)one.until("snapshot");
  for (std::uint64_t i = 0; i < live_feed::requests_a_second + 7; ++i)
    feed.news(some_request(), request_status::accepted, 1);
  time.at = time.at.load() + 1s;
  feed.news(some_request(), request_status::failed, 1);
  const auto said = one.until("\"failed\"");
  CHECK(count(said, "\"accepted\"") == live_feed::requests_a_second);
  CHECK(said.find("{\"dropped\":7}") != std::string::npos);
}

TEST_CASE("live feed: who does not read is told what it has missed, and holds nothing back") {
  set_clock time;
  live_feed feed{time, [] { return std::string{"{}"}; }};
  reader slow{feed};
  (void)slow.until("snapshot");
  for (std::size_t i = 0; i < live_feed::events_kept + 3; ++i) {
    time.at = time.at.load() + 1s;
    feed.news(some_request(), request_status::accepted, 1);
  }
  const auto said = slow.next();
  CHECK(said.starts_with("event: request\ndata: {\"dropped\":"));
  CHECK(count(said, "event: ") <= live_feed::events_kept + 1);
}

TEST_CASE("live feed: there are so many who look, and places are free again") {
  set_clock time;
  live_feed feed{time, [] { return std::string{"{}"}; }};
  std::vector<std::unique_ptr<http::event_feed>> all;
  for (std::size_t i = 0; i < live_feed::most_lookers; ++i) all.push_back(feed.look());
  CHECK(all.back());
  CHECK_FALSE(feed.look());
  all.pop_back();
  CHECK(feed.look());
  feed.stop();
  CHECK_FALSE(feed.look());
}
