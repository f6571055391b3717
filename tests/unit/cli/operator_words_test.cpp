// What operators' commands print, made of what the nodes say.
#include <catch2/catch_test_macros.hpp>

#include "cli/actor_tree.hpp"
#include "cli/commands.hpp"
#include "cli/numbers.hpp"
#include "cli/top_text.hpp"
#include "cli/waterfall.hpp"

using namespace dip;
using namespace dip::cli;
using nlohmann::json;

namespace {

std::vector<std::string> drawn(const json& actors, bool ascii = false) {
  std::vector<std::string> out;
  for (const auto& line : tree_of(actors, ascii)) out.push_back(line.branch + text_of(*line.actor, "name"));
  return out;
}

json actor(const char* id, const char* parent, const char* name) {
  return {{"id", id}, {"parent", *parent ? json(parent) : json()}, {"name", name}};
}

const wall_time noon = *parse_rfc3339("2026-03-04T12:00:10.000Z");

json trace() {
  return {{"from", "2026-03-04T12:00:00.000Z"},
          {"to", "2026-03-04T12:00:10.000Z"},
          {"hops",
           {{{"what", "accepted"}, {"at", "2026-03-04T12:00:00.000Z"}, {"outcome", "done"}},
            {{"what", "preprocess"},
             {"node", "n1"},
             {"actor", "preprocessor/1"},
             {"attempt", 1U},
             {"at", "2026-03-04T12:00:04.000Z"},
             {"waited_ms", 4'000U},
             {"worked_ms", 6'000U},
             {"outcome", "failed"},
             {"error", {{"code", "timeout"}, {"detail", "it took too long"}}}}}}};
}

}  // namespace

TEST_CASE("spans and rates are told in few letters") {
  CHECK(span_text(std::uint64_t{0}) == "0 ms");
  CHECK(span_text(std::uint64_t{999}) == "999 ms");
  CHECK(span_text(std::uint64_t{1'000}) == "1.0 s");
  CHECK(span_text(std::uint64_t{59'999}) == "59.9 s");
  CHECK(span_text(std::uint64_t{60'000}) == "1m 00s");
  CHECK(span_text(std::uint64_t{3'599'999}) == "59m 59s");
  CHECK(span_text(std::uint64_t{3'600'000}) == "1h 00m");
  CHECK(span_text(std::uint64_t{86'400'000}) == "1d 0h");
  CHECK(span_text(std::optional<std::uint64_t>{}) == "-");
  CHECK(short_span(0.1) == "0.1 ms");
  CHECK(short_span(24.4) == "24 ms");
  CHECK(short_span(1'200) == "1.2 s");
  CHECK(rate_text(0) == "0");
  CHECK(rate_text(0.05) == "0.05");
  CHECK(rate_text(3.24) == "3.2");
  CHECK(rate_text(120) == "120");
  CHECK(rate_text(1'230) == "1.2k");
  CHECK(joined({"n1", "n2", "n3"}) == "n1, n2 and n3");
}

TEST_CASE("actors stand under those that made them") {
  const auto actors = json::array({actor("n1.1", "", "node"), actor("n1.2", "n1.1", "relay"),
                                   actor("n1.4", "n1.2", "ear"), actor("n1.3", "n1.1", "dispatcher")});
  CHECK(drawn(actors) == std::vector<std::string>{"node", "├─ relay", "│  └─ ear", "└─ dispatcher"});
  CHECK(drawn(actors, true) == std::vector<std::string>{"node", "|- relay", "|  `- ear", "`- dispatcher"});
}

TEST_CASE("an actor whose parent is not there is a root, and each is there once") {
  const auto actors = json::array(
      {actor("n1.7", "n1.1", "lost"), actor("n1.8", "n1.7", "child"), actor("n1.8", "n1.7", "child")});
  CHECK(drawn(actors) == std::vector<std::string>{"lost", "├─ child"});
  CHECK(drawn(json::array({actor("a", "b", "x"), actor("b", "a", "y")})).empty());
}

TEST_CASE("a request's way is drawn to scale") {
  const auto w = make_waterfall(trace(), 10, noon, false);
  CHECK(w.whole_ms == 10'000);
  REQUIRE(w.rows.size() == 2);
  CHECK(w.rows[0].bar == "▏");
  CHECK(w.rows[0].waited.empty());
  CHECK(w.rows[1].bar == "░░░░██████");
  CHECK(w.rows[1].waited == "4.0 s");
  CHECK(w.rows[1].error == "timeout: it took too long");
  CHECK(make_waterfall(trace(), 10, noon, true).rows[1].bar == "....######");
}

TEST_CASE("work that was short is seen, also at the very end") {
  auto t = trace();
  t["hops"][1]["at"] = "2026-03-04T12:00:10.000Z";
  t["hops"][1]["worked_ms"] = 0U;
  t["hops"][1]["waited_ms"] = nullptr;
  CHECK(make_waterfall(t, 10, noon, true).rows[1].bar == "         #");
  CHECK(make_waterfall(json::object(), 10, noon, true).rows.empty());
}

TEST_CASE("text is cut, wrapped and typed within its columns") {
  CHECK(cut("世界", 3) == "世");
  CHECK(wrap("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrap("abcdefgh", 3) == std::vector<std::string>{"abc", "def", "gh"});
  CHECK(to_ascii("├─ a → é “b” 世") == "|- a > ? \"b\" ??");
  CHECK(sparkline({0, 1, 2, 4}, 4) == "▁▂▄█");
  CHECK(sparkline({0, 0}, 4) == "▁▁");
  CHECK(sparkline({9, 1, 1}, 2) == "██");
  CHECK(plain_text(spread({{"left"}}, {{"right"}}, 12)) == "left   right");
  CHECK(plain_text(spread({{"a long left"}}, {{"right"}}, 8)) == "a  right");
}
